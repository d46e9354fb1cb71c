import type { Launch } from '@berth/schema';

type Over = Extract<Launch, { state: 'failed' | 'ended' }>;

/** Statuses of a kernel that ended in order: by itself, and on request (128 + SIGTERM). */
const IN_ORDER = [0, 143];

/** Whether a launch is over in another way than by a kernel that ended in order. */
export const isBadEnd = (launch: Launch): launch is Over =>
  (launch.state === 'failed' || launch.state === 'ended') &&
  !(launch.outcome.kind === 'exited' && IN_ORDER.includes(launch.outcome.status));
