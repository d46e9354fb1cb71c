import { srunPortRange } from '@berth/spawner/slurm';
import { createServer } from 'node:net';
import { attempt, fine, problem, type Check, type Site } from './check.ts';

export const slurmCommands: Check = {
  name: 'Slurm commands',
  look: async ({ config, run }) => {
    const { binDirectory } = config.slurm;
    let version = '';
    for (const command of ['srun', 'squeue', 'scontrol', 'scancel']) {
      const { status, text, missing } = await attempt(run, [`${binDirectory}/${command}`, '--version']);
      const says = `${binDirectory}/${command} cannot be run: ${text}`;
      if (missing) return problem(says, "Install Slurm's client commands, or set slurm.binDirectory.");
      if (status !== 0)
        return problem(says, "Check that slurm.conf is found here (SLURM_CONF) and is the cluster's.");
      version = text;
    }
    return fine(`${version} in ${binDirectory}`);
  },
};

export const slurmController: Check = {
  name: 'Slurm controller',
  look: async ({ config, run }) => {
    const { status, stdout, text } = await attempt(run, [`${config.slurm.binDirectory}/scontrol`, 'ping']);
    return status === 0 && /\bUP\b/.test(stdout)
      ? fine(text)
      : problem(
          `it does not answer: ${text}`,
          "Check slurmctld and munge, and that slurm.conf is the cluster's.",
        );
  },
};

/** Each running kernel holds one port of ours and four of srun's. */
const PORTS_PER_KERNEL = 5;

export const ports: Check = {
  name: 'ports',
  look: async (site) => {
    const asked = site.config.slurm.portRange ? undefined : await attempt(site.run, showConfig(site));
    if (asked !== undefined && asked.status !== 0)
      return problem(
        `Slurm does not tell its port range: ${asked.text}`,
        'Mend what is said of the Slurm controller, or set slurm.portRange.',
      );
    const range = site.config.slurm.portRange ?? srunPortRange(asked?.stdout ?? '');
    if (range === undefined)
      return fine('no range is set: any port is used, so nodes must reach every port of this host');
    const [low, high] = range;
    const size = high - low + 1;
    const step = Math.max(1, Math.floor(size / 20));
    const tried = Array.from({ length: Math.min(20, size) }, (_, at) => low + at * step);
    const free = (await Promise.all(tried.map(isFree))).filter(Boolean).length;
    const room = `${Math.floor((size * free) / tried.length / PORTS_PER_KERNEL)} kernels at once`;
    return free > 0 && size >= PORTS_PER_KERNEL
      ? fine(`${low}-${high}: room for about ${room}`)
      : problem(
          `${low}-${high} has no free ports`,
          'Widen SrunPortRange or slurm.portRange: a kernel needs five ports.',
        );
  },
};

const showConfig = ({ config }: Site): readonly string[] => [
  `${config.slurm.binDirectory}/scontrol`,
  'show',
  'config',
];

/** Tried on loopback only: a check opens nothing to the network. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
