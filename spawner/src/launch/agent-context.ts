import type { Readable, Writable } from 'node:stream';
import type { NodePlan, Rootfs } from '@berth/schema';

/** All that an agent needs of the world, given by the command line. */
export interface AgentContext {
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly node: string;
  /** when the program began, milliseconds since the epoch */
  readonly began: number;
  /** calls back for each signal that Slurm or a person sends to this process */
  readonly onSignal: (receive: (signal: NodeJS.Signals) => void) => void;
  readonly rootfs: (plan: NodePlan, doing: (doing: string) => void, signal: AbortSignal) => Promise<Rootfs>;
}
