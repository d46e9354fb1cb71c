import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeCgroups } from './cgroup.ts';
import { stopProcesses } from './daemon.ts';
import { isAlive, signal } from './process-identity.ts';
import type { ClusterRecord } from './record.ts';
import { clientProcesses, isStepDaemon, stepProcesses } from './steps.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/**
 * Ends all that the record names and removes the directory last, so that a teardown that was cut off can be
 * done again by whoever finds the record. Works for any phase of the start, from any process of the same user.
 * `orderly`: Slurm is asked first to end the jobs; without it (the daemons are dying too) they are killed.
 */
export async function teardown(record: ClusterRecord, orderly: boolean): Promise<void> {
  const { dir, nodes, daemons } = record;
  const steps = stepProcesses(dir, nodes);
  if (orderly && daemons.some((d) => d.name === 'slurmctld' && isAlive(d))) await endJobs(dir, nodes);
  // slurmd may just be starting a step: first no new ones, then the rest of them.
  await stopProcesses(named(daemons, 'slurm'), 5_000);
  await stopProcesses(stepProcesses(dir, nodes), 1_000);
  await stopProcesses(steps.filter(isAlive), 0);
  await stopProcesses(clientProcesses(dir), 1_000);
  await stopProcesses(daemons, 3_000);
  removeCgroups(nodes);
  for (const mount of mountsBelow(dir)) await run('/usr/bin/umount', ['--lazy', mount]);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function named(daemons: ClusterRecord['daemons'], prefix: string): ClusterRecord['daemons'] {
  return daemons.filter((d) => d.name.startsWith(prefix));
}

/**
 * Best effort: what Slurm does not end, teardown kills. Waits until the controller knows of no job any more,
 * because a slurmd that cannot report its last step tries for 5 s before it ends.
 */
async function endJobs(dir: string, nodes: readonly string[]): Promise<void> {
  const options = { env: { PATH: '/usr/bin:/bin', SLURM_CONF: join(dir, 'slurm.conf') }, timeout: 3_000 };
  const jobs = async (): Promise<readonly string[]> => {
    const { stdout } = await run('/usr/bin/squeue', ['-h', '-a', '-o', '%A'], options);
    return stdout.split('\n').filter(Boolean);
  };
  try {
    const ids = await jobs();
    if (ids.length === 0) return;
    // The waiting ones first, or they would start in the place of the others.
    await run('/usr/bin/scancel', ['--state=PENDING', ...ids], options);
    await run('/usr/bin/scancel', ids, options);
    // Nobody's work is lost here, so KillWait need not be waited for (scancel --signal=KILL does wait for it).
    for (const p of stepProcesses(dir, nodes)) if (!isStepDaemon(p.pid)) signal(p, 'SIGKILL');
    const idle = async (): Promise<boolean> =>
      stepProcesses(dir, nodes).length === 0 && (await jobs()).length === 0;
    await until(idle, 6_000);
  } catch {
    // a controller that does not answer (any more)
  }
}

/** Mount points below the directory, deepest first (proc(5), mountinfo; spaces are escaped there, ours have none). */
export function mountsBelow(dir: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`))
    .sort()
    .reverse();
}
