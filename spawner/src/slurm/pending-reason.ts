import { limitReason } from './limit-reason.ts';

const LATER = 'nothing is wrong; wait, or cancel';
const HELD = 'release it by "scontrol release", or cancel';
const CENTRE = 'wait, or ask the centre';
const TOO_MUCH = 'it will not start like that; cancel, and ask for less, or choose another partition';
const NOT_ALLOWED = 'it will not start like that; cancel, and choose another one';

/**
 * Slurm's reasons for waiting, in words, with what a person can do. Those that name a limit are in `limitReason`. Source:
 * squeue(1), "JOB REASON CODES"; slurm.h, job_state_reason; slurm_protocol_defs.c, job_reason_string(), all of 22.05.
 */
const REASONS: Readonly<Record<string, string>> = {
  None: 'Slurm has not looked at it yet',
  // ---- its turn has not come
  Resources: 'waiting for free resources',
  Priority: 'other jobs are before it',
  Prolog: 'its node is being made ready',
  Cleaning: 'what ran on its node before is being cleared away',
  SchedDefer: `Slurm starts jobs a little later; ${LATER}`,
  BeginTime: 'its begin time has not come',
  Dependency: 'waiting for another job',
  Licenses: 'waiting for a license that others use; wait, or ask for none',
  JobArrayTaskLimit: 'as many jobs of its array run as may',
  FedJobLock: `another cluster of the federation decides about it; ${LATER}`,
  BurstBufferResources: 'waiting for space in the burst buffer',
  BurstBufferStageIn: 'its data are being brought to the burst buffer',
  PowerNotAvail: `there is not enough power for it now; ${LATER}`,
  PowerReserved: `the power it needs is reserved; ${LATER}`,
  // ---- more than there is, or than may be
  PartitionConfig: `no node of this partition has as much as it asks for (CPUs, memory, GPUs); ${TOO_MUCH}`,
  PartitionNodeLimit: `it asks for more nodes, or a larger part of one, than this partition gives a job; ${TOO_MUCH}`,
  PartitionTimeLimit: `it asks for more time than this partition gives a job; ${TOO_MUCH}`,
  MaxMemPerLimit: `it asks for more memory than a job may have; ${TOO_MUCH}`,
  BadConstraints: `no node has all that it asks for (its features); ${NOT_ALLOWED}`,
  // ---- what is named is wrong, or not for you
  InvalidAccount: `there is no such account, or not for you; ${NOT_ALLOWED}`,
  AccountNotAllowed: `this partition is not for your account; ${NOT_ALLOWED}`,
  InvalidQOS: `there is no such QOS, or not for you; ${NOT_ALLOWED}`,
  QOSNotAllowed: `your QOS may not be used here; ${NOT_ALLOWED}`,
  QOSUsageThreshold: 'your QOS wants less use in the past than yours was; wait, or choose another one',
  ReservationDeleted: `its reservation is gone; ${NOT_ALLOWED}`,
  Reservation: 'waiting for its reservation to begin, or for room in it',
  DependencyNeverSatisfied: 'the job that it waits for ended otherwise; it will not start; cancel',
  DeadLine: 'it cannot end before its deadline; cancel, and ask for less time',
  AccountingPolicy: 'a limit of your account is reached; wait, or ask for less',
  AssociationJobLimit: 'you have as many jobs as your account allows; wait, or end one of yours',
  AssociationResourceLimit: 'your account uses as much as it may; wait, or ask for less',
  AssociationTimeLimit: 'your account has used up its time; ask the centre for more',
  QOSJobLimit: 'there are as many jobs as your QOS allows; wait, or end one of yours',
  QOSResourceLimit: 'your QOS uses as much as it may; wait, or ask for less',
  QOSTimeLimit: 'your QOS has used up its time; ask the centre for more',
  // ---- something is down
  PartitionDown: `the partition is down; ${CENTRE}, or choose another partition`,
  PartitionInactive: `the partition takes no job now; ${CENTRE}, or choose another partition`,
  ReqNodeNotAvail: `the nodes it needs are not available (reserved, drained or down); ${CENTRE}`,
  Nodes_required_for_job_are_DOWN: `the nodes it needs are down, drained, or kept for jobs that go first; ${CENTRE}`,
  NodeDown: `a node that it needs is down; ${CENTRE}`,
  FrontEndDown: `the machine that starts jobs is down; ${CENTRE}`,
  SystemFailure: `something failed in the cluster; ${CENTRE}`,
  BurstBufferOperation: `the burst buffer failed; ${CENTRE}`,
  // ---- held
  JobHeldUser: `held by you; ${HELD}`,
  JobHeldAdmin: 'held by the centre, or because no priority is left for it; ask the centre',
  JobHoldMaxRequeue: 'held: it was begun too often without success; cancel, and start anew',
  JobLaunchFailure: 'held: its node could not begin it; cancel, and start anew',
  launch_failed_requeued_held: 'held: its node could not begin it; cancel, and start anew',
  job_requeued_in_held_state: `held after it was put back; ${HELD}`,
};

/** What is told of a job while it is on its way to Slurm. */
export const SUBMITTING = 'the job is being submitted';

/** Slurm's reason with its meaning; the original word stays for whoever searches for it, where there is one. */
export function pendingReason(reason: string): string {
  // squeue writes what is a sentence with underscores
  const word = /^\w+/.exec(reason.replaceAll(' ', '_'))?.[0] ?? '';
  const meaning = Object.hasOwn(REASONS, word) ? REASONS[word] : limitReason(word);
  if (reason === 'None' && meaning) return meaning;
  return meaning ? `${meaning} (${reason})` : reason === '' ? 'waiting' : reason;
}
