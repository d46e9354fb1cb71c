import type { Launch } from '@berth/schema';
import type { RunCommand } from '../slurm/index.ts';
import type { Endpoint } from './peer-uid.ts';

/** What Slurm says of the launch's waiting job, in words. */
export type QueueWords = Omit<Extract<Launch, { state: 'queued' }>, 'state'>;

/** How a running launch is told what the client or the system wants. */
export interface LaunchControl {
  stop(why: 'asked' | 'client-gone'): void;
  signal(signal: 'SIGINT' | 'SIGTERM' | 'SIGUSR1' | 'SIGUSR2' | 'SIGHUP'): void;
}

/** All that a launch needs of the world, given by the command line. */
export interface LaunchContext {
  /** the installed berth-place, absolute, the same on the nodes */
  readonly program: string;
  /** what srun starts: that program, and the command of the agent that it starts itself */
  readonly agentCommand: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly srunEnv: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly uid: number;
  readonly userName: string;
  readonly jobName: string;
  readonly squeue: string;
  readonly scancel: string;
  readonly queryIntervalMs: number;
  readonly run: RunCommand;
  /** where the kernel's and srun's own words go: the client's log */
  readonly errors: NodeJS.WritableStream;
  readonly log: (line: string) => void;
  readonly report: (launch: Launch) => void;
  /** who says why the job waits, where the user server asks Slurm for all launches at once; else the launcher asks itself */
  readonly queueWords?: ((tell: (words: QueueWords) => void) => { stop(): void }) | undefined;
  /** a point of the start was passed, now or at the given time (milliseconds since the epoch) */
  readonly stage: (name: string, at?: number) => void;
  /** hands out the handle by which signals and the parent's end reach this launch */
  readonly control: (control: LaunchControl) => void;
  /** who is on the other end of a client's connection; replaced only in tests */
  readonly peerUid?: ((peer: Endpoint, own: Endpoint) => Promise<number | undefined>) | undefined;
}
