import type { Launch } from '@berth/schema';

type Over = Extract<Launch, { state: 'failed' | 'ended' }>;
const ENDS: readonly Over['outcome']['kind'][] = [
  'out-of-memory',
  'cancelled',
  'time-limit',
  'preempted',
  'node-failed',
];

/** Whether a launch is over because its job was taken away, not because the kernel ended by itself. */
export const isJobsEnd = (launch: Launch): launch is Over =>
  (launch.state === 'failed' || launch.state === 'ended') && ENDS.includes(launch.outcome.kind);
