import { QueryRhythm, type HubJob } from '@berth/spawner/slurm';

export interface QueueAnswer {
  readonly jobs: readonly HubJob[];
  /** when it was asked for, of the clock; what happened later it cannot know */
  readonly asked: number;
}

export interface HubQueueOptions {
  readonly ask: () => Promise<readonly HubJob[]>;
  readonly onAnswer: (answer: QueueAnswer) => boolean;
  /** why Slurm does not answer */
  readonly onSilence: (why: string) => void;
  /** whether anything is there to be asked for */
  readonly wanted: () => boolean;
  /** monotonic milliseconds */
  readonly now: () => number;
  /** milliseconds */
  readonly interval: number;
}

/** Slurm, asked about the servers of all people at once: never twice within the interval, whoever wants to know (T10, F16). */
export class HubQueue {
  readonly #options: HubQueueOptions;
  readonly #rhythm: QueryRhythm;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #nudged = false;
  /** the time of the next question */
  #due = Infinity;
  #closed = false;

  constructor(options: HubQueueOptions) {
    this.#options = options;
    this.#rhythm = new QueryRhythm(options.interval);
  }

  set interval(ms: number) {
    this.#rhythm.interval = ms;
  }

  /** Somebody wants to know: ask as soon as may be, `delay` milliseconds from now at the earliest. */
  nudge(delay = 0): void {
    this.#nudged = this.#asking;
    if (this.#asking) return;
    this.#plan(this.#rhythm.earliest(this.#options.now(), delay));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #plan(at: number): void {
    if (this.#closed || at >= this.#due) return;
    this.#due = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, at - this.#options.now()));
  }

  async #ask(): Promise<void> {
    const { ask, onAnswer, onSilence, now, wanted } = this.#options;
    this.#due = Infinity;
    if (!wanted()) return;
    this.#asking = true;
    this.#nudged = false;
    const asked = now();
    this.#rhythm.asked(asked);
    try {
      this.#rhythm.answered(onAnswer({ jobs: await ask(), asked }) ? 'changed' : 'same');
    } catch (error) {
      this.#rhythm.answered('silent');
      onSilence(error instanceof Error ? error.message : String(error));
    }
    this.#asking = false;
    this.#due = Infinity;
    this.#plan(this.#nudged ? this.#rhythm.earliest(now(), 0) : this.#rhythm.next);
  }
}
