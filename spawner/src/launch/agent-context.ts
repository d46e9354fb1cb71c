import type { Writable } from 'node:stream';
import type { NodePlan, Rootfs } from '@berth/schema';
import type { PlaceEnds } from './start-place.ts';

/** All that an agent needs of the world, given by the command line. */
export interface AgentContext {
  /** of the berth-place that has started us */
  readonly place: PlaceEnds;
  /** that program, absolute */
  readonly program: string;
  /** to the launcher */
  readonly output: Writable;
  readonly errors: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly rootfs: (plan: NodePlan, doing: (doing: string) => void, signal: AbortSignal) => Promise<Rootfs>;
}
