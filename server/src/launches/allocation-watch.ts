import { Failure, type JobId } from '@berth/schema';
import type { AllocationList, LaunchStory } from '@berth/schema/rest';
import { askJobs, cancelJob, QueryRhythm, type ListedJob, type RunCommand } from '@berth/spawner/slurm';
import type { Allocations, Publish } from '../routes/index.ts';
import { allocationViews, newsOf } from './allocation-views.ts';

export interface SlurmPlace {
  readonly squeue: string;
  readonly scancel: string;
  /** least milliseconds between two questions */
  readonly intervalMs: number;
}

export interface WatchOptions {
  readonly slurm: () => Promise<SlurmPlace>;
  readonly run: RunCommand;
  /** the job that this server runs in */
  readonly own?: JobId | undefined;
  readonly publish: Publish;
  /** how many pages listen */
  readonly listening: () => number;
  /** how many launches are not over, and how many of these wait for Slurm */
  readonly counts: () => { readonly live: number; readonly queued: number };
  readonly launches: () => readonly LaunchStory[];
  /** told of each answer, with the time at which it was asked for (milliseconds since 1970) */
  readonly jobs: (jobs: readonly ListedJob[], asked: number) => void;
  /** milliseconds since 1970, to be shown */
  readonly now: () => number;
}

/** A page that opens waits so long for the first answer; what comes later comes as an event. Milliseconds. */
const FIRST_LIST_MS = 2000;
/** srun needs a moment to submit; sooner there is nothing to see. */
const AFTER_CHANGE_MS = 1000;

/**
 * The person's jobs that Berth made: one question to Slurm for all of them, when something has changed and then ever more
 * seldom, and only while somebody wants to know. A question that fails leaves all as it was, with the reason.
 */
export class AllocationWatch implements Allocations {
  readonly #options: WatchOptions;
  readonly #rhythm = new QueryRhythm(5000);
  #place: SlurmPlace | undefined;
  #jobs: readonly ListedJob[] = [];
  #at: string | undefined;
  #stale: string | undefined;
  /** ended by us; Slurm has not been asked since */
  readonly #ended = new Set<string>();
  #news = '';
  #shown = '';
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;
  #asking: Promise<void> | undefined;
  #wanted = false;
  #expected = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async list(): Promise<AllocationList> {
    this.look();
    // the first page of all is not shown an empty list before anybody was asked
    if (this.#at === undefined && this.#stale === undefined)
      await Promise.race([this.#look(), passed(FIRST_LIST_MS)]);
    return this.#list();
  }

  async end(jobId: string): Promise<void> {
    if (!this.#has(jobId)) await this.#look();
    if (!this.#has(jobId)) {
      if (this.#stale !== undefined) throw new Failure('slurm-unreachable', { why: this.#stale });
      throw new Failure('allocation-unknown', { jobId });
    }
    // of the last question, which told us of the job: to end one needs no configuration, and so no home that answers
    const { scancel } = this.#place ?? (await this.#options.slurm());
    await cancelJob(this.#options.run, scancel, jobId);
    this.#ended.add(jobId);
    this.#show();
    this.#wanted = true;
    this.#askAt(this.#rhythm.earliest(performance.now(), 0));
  }

  /** A launch came into another state, so its job may have as well. */
  changed(): void {
    this.#show();
    if (this.#isNeeded()) this.#askAt(this.#rhythm.earliest(performance.now(), AFTER_CHANGE_MS));
  }

  /** Somebody looks: soon the list shall be fresh. */
  look(): void {
    this.#wanted = true;
    this.#askAt(this.#rhythm.earliest(performance.now(), 0));
  }

  /** Whether an answer may be news of a submitted notebook, also where the last one had no job. Nothing is asked sooner for it. */
  expect(news: boolean): void {
    this.#expected = news;
    if (this.#isNeeded()) this.#askAt(this.#rhythm.next);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #has(jobId: string): boolean {
    return jobId !== this.#options.own && this.#jobs.some(({ allocation }) => allocation.jobId === jobId);
  }

  #isNeeded(): boolean {
    const { live, queued } = this.#options.counts();
    const going = live > 0 || this.#jobs.some(({ kind }) => kind !== 'own') || this.#expected;
    return queued > 0 || (this.#options.listening() > 0 && going);
  }

  #askAt(time: number): void {
    if (this.#closed || time >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = time;
    this.#timer = setTimeout(
      () => {
        this.#due = Infinity;
        const wanted = this.#wanted || this.#isNeeded();
        this.#wanted = false;
        if (wanted) void this.#look();
      },
      Math.max(0, time - performance.now()),
    );
    this.#timer.unref();
  }

  /** One question at a time, never two within the interval; whoever comes meanwhile gets the same answer. */
  async #look(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      if (this.#isNeeded()) this.#askAt(this.#rhythm.next);
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    this.#place = await this.#options.slurm();
    const { squeue, intervalMs } = this.#place;
    this.#rhythm.interval = intervalMs;
    const early = this.#rhythm.earliest(performance.now(), 0) - performance.now();
    if (early > 0) await passed(early);
    if (this.#closed) return;
    this.#rhythm.asked(performance.now());
    const endedBefore = [...this.#ended];
    const asked = this.#options.now();
    try {
      const jobs = await askJobs(this.#options.run, squeue, 'living', this.#options.own);
      const news = newsOf(jobs);
      this.#rhythm.answered(news === this.#news && this.#stale === undefined ? 'same' : 'changed');
      [this.#jobs, this.#news, this.#stale] = [jobs, news, undefined];
      this.#at = new Date(this.#options.now()).toISOString();
      for (const jobId of endedBefore) this.#ended.delete(jobId);
      this.#options.jobs(jobs, asked);
    } catch (error) {
      this.#stale = `Slurm does not answer: ${error instanceof Error ? error.message : String(error)}`;
      this.#rhythm.answered('silent');
    }
    this.#show();
  }

  #list(): AllocationList {
    return {
      ...(this.#at === undefined ? {} : { at: this.#at }),
      allocations: allocationViews(this.#jobs, this.#options.launches(), this.#ended, this.#options.own),
      ...(this.#stale === undefined ? {} : { stale: this.#stale }),
    };
  }

  /** Told when it is news; every page counts the time that is left by itself. */
  #show(): void {
    const list = this.#list();
    const shown = JSON.stringify([
      this.#stale,
      this.#news,
      list.allocations.map(({ kernels, allocation }) => [kernels, allocation.state]),
      this.#at === undefined,
    ]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#options.publish({ type: 'allocations', value: list });
  }
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());
