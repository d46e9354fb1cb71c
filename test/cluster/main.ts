/** `npm run cluster -- up|down|status`: a real Slurm cluster with a registry on this machine, for tests and trying out. */
import { parseArgs } from 'node:util';
import { commandDown } from './command-down.ts';
import { commandStatus } from './command-status.ts';
import { commandUp } from './command-up.ts';

const usage = `usage: npm run cluster -- up [--nodes N] [--cgroup] [--ceph] [--slurm-conf LINE]...
       npm run cluster -- status
       npm run cluster -- down [DIR]

up      starts munge, slurmctld, N slurmd (2) and a registry, all on loopback; prints export lines for a shell
        --cgroup            steps tracked and confined by cgroups; the nodes then have the machine's CPUs
        --ceph              a Ceph too: monitor, manager, OSD, S3 gateway with a bucket
        --slurm-conf LINE   one more line for slurm.conf
status  lists the clusters of this machine with their processes and jobs
down    ends the cluster in DIR, or all that \`up\` started`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        nodes: { type: 'string', default: '2' },
        cgroup: { type: 'boolean', default: false },
        ceph: { type: 'boolean', default: false },
        'slurm-conf': { type: 'string', multiple: true, default: [] },
      },
    });
    const [verb, dir, ...rest] = positionals;
    const nodes = /^[1-9]\d?$/.test(values.nodes) ? Number(values.nodes) : null;
    if (nodes === null) throw new TypeError(`--nodes ${values.nodes}: not a number of nodes`);
    if (rest.length > 0 || (dir !== undefined && verb !== 'down')) throw new TypeError('too many arguments');
    switch (verb ?? '') {
      case 'up':
        return await commandUp({
          nodes,
          cgroup: values.cgroup,
          ceph: values.ceph,
          extraSlurmConf: values['slurm-conf'],
        });
      case 'status':
        return await commandStatus();
      case 'down':
        return await commandDown(dir ?? null);
      default:
        throw new TypeError('no such command');
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n${usage}`);
    return 2;
  }
}
