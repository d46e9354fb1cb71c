import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeCgroups } from './cgroup.ts';
import { stopProcesses } from './daemon.ts';
import { isAlive } from './process-identity.ts';
import type { ClusterRecord } from './record.ts';
import { stepProcesses } from './steps.ts';
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
  if (orderly && daemons.some((d) => d.name === 'slurmctld' && isAlive(d)) && (await cancelJobs(dir))) {
    await until(() => stepProcesses(dir, nodes).length === 0, 5_000);
  }
  // slurmd may just be starting a step: first no new ones, then the rest of them.
  await stopProcesses(named(daemons, 'slurm'), 5_000);
  await stopProcesses(stepProcesses(dir, nodes), 1_000);
  await stopProcesses(steps.filter(isAlive), 0);
  await stopProcesses(daemons, 3_000);
  removeCgroups(nodes);
  for (const mount of mountsBelow(dir)) await run('/usr/bin/umount', ['--lazy', mount]);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function named(daemons: ClusterRecord['daemons'], prefix: string): ClusterRecord['daemons'] {
  return daemons.filter((d) => d.name.startsWith(prefix));
}

/** True when there were jobs and Slurm took the order. Best effort: what Slurm does not end, teardown kills. */
async function cancelJobs(dir: string): Promise<boolean> {
  const options = { env: { PATH: '/usr/bin:/bin', SLURM_CONF: join(dir, 'slurm.conf') }, timeout: 3_000 };
  try {
    const { stdout } = await run('/usr/bin/squeue', ['-h', '-a', '-o', '%A'], options);
    const jobs = stdout.split('\n').filter(Boolean);
    if (jobs.length === 0) return false;
    // KILL at once: nobody's work is lost here, and KillWait need not be waited for.
    await run('/usr/bin/scancel', ['--full', '--signal=KILL', ...jobs], options).catch(() => undefined);
    await run('/usr/bin/scancel', jobs, options);
    return true;
  } catch {
    // a controller that does not answer (any more)
    return false;
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
