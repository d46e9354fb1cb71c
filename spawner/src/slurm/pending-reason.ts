/** Slurm's reasons for waiting, in words. Source: squeue(1), "JOB REASON CODES". */
const REASONS: Readonly<Record<string, string>> = {
  Resources: 'waiting for free resources',
  Priority: 'other jobs are before it',
  Dependency: 'waiting for another job',
  QOSMaxJobsPerUserLimit: 'you have as many jobs as your QOS allows',
  QOSMaxCpuPerUserLimit: 'you use as many CPUs as your QOS allows',
  AssocMaxJobsLimit: 'your account has as many jobs as it may',
  AssocGrpCpuLimit: 'your account uses as many CPUs as it may',
  PartitionDown: 'the partition is down',
  PartitionTimeLimit: 'the time asked for is more than the partition allows',
  PartitionNodeLimit: 'more nodes are asked for than the partition has',
  ReqNodeNotAvail: 'the nodes it needs are not available (reserved, drained or down)',
  Reservation: 'waiting for its reservation',
  BeginTime: 'its begin time has not come',
  JobHeldUser: 'held by you',
  JobHeldAdmin: 'held by the centre',
  BadConstraints: 'no node has the features asked for',
  InvalidAccount: 'the account is not valid',
  None: 'just submitted',
};

/** Slurm's reason with its meaning; the original word stays for whoever searches for it. */
export function pendingReason(reason: string): string {
  const word = /^[A-Za-z]+/.exec(reason)?.[0] ?? '';
  const meaning = Object.hasOwn(REASONS, word) ? REASONS[word] : undefined;
  return meaning ? `${meaning} (${reason})` : reason === '' ? 'waiting' : reason;
}
