import { printable, type JobId, type SessionRecord } from '@berth/schema';
import type { SessionView } from '@berth/schema/rest';
import { pendingReason, type HubJob } from '@berth/spawner/slurm';
import type * as z from 'zod/mini';

export type View = z.infer<typeof SessionView>;

/** Lines of the job's output that are shown, and characters of each. */
const LINES = 15;
const LINE = 300;

/** One person's server in memory: its record, what Slurm last said, and who waits for news of it. */
export class Session {
  #record: SessionRecord;
  #job: HubJob | undefined;
  #lines: readonly string[] = [];
  #stale: string | undefined;
  #revision = 0;
  readonly #waiting = new Set<() => void>();
  /** a submission of this process is under way: Slurm may or may not know of it */
  submitting = false;
  /** the job has told its place, which is being looked up: a second word of it has to wait */
  told = false;
  /** when its submission ended, of the monotonic clock: a question asked before could not know of it */
  submitted = -Infinity;

  constructor(record: SessionRecord) {
    this.#record = record;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  get jobId(): JobId | undefined {
    return this.#record.jobId;
  }

  /** what Slurm last said of its job */
  get job(): HubJob | undefined {
    return this.#job;
  }

  get stopping(): boolean {
    return this.#record.stopping === true;
  }

  get lives(): boolean {
    return this.#record.ended === undefined;
  }

  /** waits for its place: here news matter */
  get starts(): boolean {
    return this.lives && this.#record.place === undefined;
  }

  take(more: Partial<SessionRecord>): void {
    this.#record = { ...this.#record, ...more };
    this.#changed();
  }

  /** @returns whether it is news */
  heard(job: HubJob): boolean {
    const before = this.#job;
    this.#job = job;
    const news =
      this.#stale !== undefined ||
      before?.state !== job.state ||
      before.reason !== job.reason ||
      before.node !== job.node ||
      before.start !== job.start;
    this.#stale = undefined;
    if (news) this.#changed();
    return news;
  }

  /** Slurm does not answer: nothing has ended by that. */
  silent(why: string): void {
    if (this.#stale === why) return;
    this.#stale = why;
    this.#changed();
  }

  said(text: string): void {
    const lines = text
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '')
      .slice(-LINES)
      .map((line) => printable(line, LINE));
    if (lines.join('\n') === this.#lines.join('\n')) return;
    this.#lines = lines;
    this.#changed();
  }

  /** Resolves when something has changed after `revision`, or the time (milliseconds) is over. */
  async news(revision: number, patience: number): Promise<void> {
    if (this.#revision > revision) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, patience);
      this.#waiting.add(wake);
    });
  }

  get view(): View {
    const { id, jobId, place } = this.#record;
    return {
      id,
      state: this.#state(),
      revision: this.#revision,
      says: this.#says(),
      lines: this.#lines,
      ...(jobId === undefined ? {} : { jobId }),
      ...(this.#job === undefined ? {} : { jobState: this.#job.state }),
      ...(this.#job?.start === undefined ? {} : { estimatedStart: this.#job.start }),
      ...(this.#job === undefined || this.#job.node === '' ? {} : { node: this.#job.node }),
      ...(place === undefined ? {} : { place }),
      ...(this.#stale === undefined ? {} : { stale: this.#stale }),
    };
  }

  #state(): View['state'] {
    if (!this.lives) return 'ended';
    if (this.#record.place !== undefined) return 'ready';
    if (this.jobId === undefined) return 'submitting';
    return this.#job?.state === 'RUNNING' || this.#job?.state === 'COMPLETING' ? 'starting' : 'waiting';
  }

  #says(): string {
    const { ended, jobId } = this.#record;
    if (ended !== undefined) return ended;
    const job = jobId === undefined ? '' : `Job ${jobId}`;
    const state = this.#state();
    if (state === 'submitting') return 'Giving the job to Slurm.';
    if (state === 'ready') return `${job} runs.`;
    if (state === 'starting')
      return `${job} runs on ${this.#job?.node ?? 'its node'}; your server is starting.`;
    if (this.#job === undefined) return `${job} is in the queue.`;
    if (this.#job.state === 'CONFIGURING') return `${job}: its node is being made ready.`;
    return `${job} waits: ${pendingReason(this.#job.reason)}.`;
  }

  #changed(): void {
    this.#revision += 1;
    for (const wake of [...this.#waiting]) wake();
  }
}
