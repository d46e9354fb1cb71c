import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accepts } from './accepts.ts';
import { startAccounting } from './accounting.ts';
import { cgroupPlugin } from './cgroup.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { mungeSocket } from './munge.ts';
import type { PortBlock } from './ports.ts';
import { slurmAddress } from './slurm-address.ts';
import { renderCgroupConf, renderSlurmConf, type SlurmAddress } from './slurm-conf.ts';

const run = promisify(execFile);

export interface SlurmInput {
  readonly dir: string;
  readonly ports: PortBlock;
  readonly nodes: readonly string[];
  readonly cpusPerNode: number;
  readonly memoryMb: number;
  readonly cgroup: boolean;
  readonly accounting: { readonly operators: readonly string[] } | null;
  readonly extra: readonly string[];
}

export const slurmConfPath = (dir: string): string => join(dir, 'slurm.conf');

/** Ceph takes the first ones. */
const accountingPort = (ports: PortBlock): number => ports.spare.at(-1) as number;

/** slurmctld(8), then one slurmd(8) a node; done when every node is idle. munged must run already. */
export async function startSlurm(input: SlurmInput, started: (daemon: Daemon) => void): Promise<void> {
  const { dir, nodes } = input;
  const address = await slurmAddress();
  await writeConfiguration(input, address);
  const start = async (name: string, argv: readonly [string, ...string[]]): Promise<Daemon> => {
    const daemon = await startDaemon({ name, argv, log: join(dir, 'log', `${name}.out`) });
    started(daemon);
    return daemon;
  };
  if (input.accounting !== null) {
    const port = accountingPort(input.ports);
    await startAccounting({ dir, port, address, ...input.accounting }, started);
  }
  const conf = slurmConfPath(dir);
  const ctld = await start('slurmctld', ['/usr/sbin/slurmctld', '-D', '-f', conf]);
  // First the controller: a slurmd that cannot register tries again only after seconds.
  // And first its port: a sinfo that meets none sleeps for a second before it tries again.
  await ctld.waitReady(() => accepts({ host: address.ip, port: input.ports.slurmctld }));
  await ctld.waitReady(async () => (await nodeStates(conf)) !== null);
  await allEnded(
    nodes.map(async (node) => {
      const slurmd = await start(`slurmd.${node}`, ['/usr/sbin/slurmd', '-D', '-N', node, '-f', conf]);
      await slurmd.waitReady(async () => (await nodeStates(conf))?.get(node) === 'idle');
    }),
  );
}

/** As Promise.all, but not before the last one has ended: what it asks Slurm would outlive the cluster that failed. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function writeConfiguration(input: SlurmInput, address: SlurmAddress): Promise<void> {
  const { dir, ports, nodes } = input;
  for (const node of nodes) await mkdir(join(dir, 'spool', node), { recursive: true, mode: 0o755 });
  await mkdir(join(dir, 'state'), { mode: 0o700 });
  await mkdir(join(dir, 'run'), { mode: 0o755 });
  if (input.cgroup) await writeFile(join(dir, 'cgroup.conf'), renderCgroupConf(cgroupPlugin()));
  const conf = renderSlurmConf({
    dir,
    // slurmd and slurmctld compare with the short name
    hostname: hostname().replace(/\..*/, ''),
    address,
    mungeSocket: mungeSocket(dir),
    slurmUser: userInfo().username,
    ctldPort: ports.slurmctld,
    srunPortRange: ports.srun,
    nodes: nodes.map((name, i) => ({ name, port: ports.slurmd[i] as number })),
    cpusPerNode: input.cpusPerNode,
    memoryMb: input.memoryMb,
    cgroup: input.cgroup,
    accountingPort: input.accounting === null ? null : accountingPort(ports),
    extra: input.extra,
  });
  await writeFile(slurmConfPath(dir), conf, { mode: 0o644 });
}

/** Node name to compact state; null while the controller does not answer. */
async function nodeStates(conf: string): Promise<ReadonlyMap<string, string> | null> {
  try {
    const env = { PATH: '/usr/bin:/bin', SLURM_CONF: conf };
    const { stdout } = await run('/usr/bin/sinfo', ['-h', '-N', '-o', '%N %t'], { env, timeout: 5_000 });
    return new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(' ') as [string, string]),
    );
  } catch {
    return null;
  }
}
