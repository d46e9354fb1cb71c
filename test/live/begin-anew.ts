import type { Site } from './site.ts';

/**
 * Has Slurm begin a job that was put back, for which it waits two minutes by itself. Not at once: slurmd refuses a job within the second
 * in which it ended it ("already killed"), and that is the job's end. Source: slurm_cred_revoked() of Slurm 22.05.
 */
export async function beginAnew(site: Pick<Site, 'run'>, jobId: string): Promise<void> {
  const { status, stderr } = await site.run(['scontrol', 'update', `JobId=${jobId}`, 'StartTime=now+3']);
  if (status !== 0) throw new Error(stderr);
}
