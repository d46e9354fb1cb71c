import { Failure } from '@berth/schema';
import type { JobDetail, JobList, JobLog, JobSubmission, JobView } from '@berth/schema/rest';
import type { ListedJob, RunCommand } from '@berth/spawner/slurm';
import { isAbsolute, join } from 'node:path';
import type { Jobs, Publish, SavedOutput } from '../routes/index.ts';
import { cancelBatch, livingNow } from './cancel-batch.ts';
import { isOverState } from './element-story.ts';
import { readLog, readOutput } from './job-files.ts';
import { JobReader, type Listing, type ReadJob } from './job-reader.ts';
import { removeJob } from './remove-job.ts';
import { submitAgain, submitNotebook, type SubmitContext } from './submit-job.ts';

export interface BoardOptions {
  /** what a submission needs; the configuration may be broken at the moment */
  readonly context: () => Promise<SubmitContext>;
  readonly store: SubmitContext['store'];
  readonly run: RunCommand;
  /** where Slurm's commands are, absolute */
  readonly binDirectory: () => Promise<string>;
  /** Jupyter's root, absolute; undefined without a Jupyter */
  readonly root: string | undefined;
  readonly publish: Publish;
  /** how many pages listen */
  readonly listening: () => number;
  /** asks Slurm for its list of jobs soon, and says why it does not answer */
  readonly look: () => Promise<string | undefined>;
  /** told at each look whether an answer of Slurm may be news of a job; it is asked for in Slurm's own time */
  readonly expecting: (news: boolean) => void;
  readonly note: (why: string) => void;
}

/** How often files of nodes are looked at while somebody watches, milliseconds; a slow file system ever more seldom. */
const LOOK_EVERY = 2000;
const SHARE = 20;
const LOOK_AT_LAST = 300_000;

/** The notebooks that a person submitted, for the pages of their Jupyter. The jobs themselves need none of it. */
export class JobBoard implements Jobs {
  readonly #options: BoardOptions;
  readonly #reader: JobReader;
  readonly #submitting = new Map<string, Promise<JobView>>();
  readonly #told = new Map<string, string>();
  /** by id, what of a job Slurm was asked about beyond its list; once for each doubt */
  readonly #asked = new Map<string, ReadonlySet<string>>();
  /** jobs of which that question came to nothing: asked again when Slurm has told a new list */
  readonly #unanswered = new Set<string>();
  #listing: Listing | undefined;
  #looking: { readonly listing: Listing | undefined; readonly jobs: Promise<readonly ReadJob[]> } | undefined;
  /** the look after that one, when a newer list came in its middle */
  #next: Promise<readonly ReadJob[]> | undefined;
  /** forgotten since the look under way began: what it has read of them is from before */
  readonly #gone = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#reader = new JobReader(options.store, options.root);
  }

  async list(): Promise<JobList> {
    const stale = await this.#options.look();
    const jobs = (await this.#look()).map(({ view }) => view);
    return { jobs, ...(stale !== undefined && { stale }) };
  }

  async detail(id: string): Promise<JobDetail> {
    const { view, elements } = await this.#demand(id);
    const parameters = await this.#reader.parametersOf(id);
    return {
      job: view,
      elements: elements.map((element) => ({ ...element, parameters: parameters[element.index] ?? {} })),
    };
  }

  submit(id: string, order: JobSubmission): Promise<JobView> {
    const submitting =
      this.#submitting.get(id) ?? this.#submit(id, order).finally(() => this.#submitting.delete(id));
    this.#submitting.set(id, submitting);
    return submitting;
  }

  async log(id: string, index: number, from: number): Promise<JobLog> {
    const { record } = await this.#options.store.demand(id);
    this.#demandElement(id, index, record.elements);
    return readLog(id, this.#options.store.paths(id), record.sweep !== undefined, index, from);
  }

  async output(id: string, index: number): Promise<SavedOutput> {
    const { record } = await this.#options.store.demand(id);
    this.#demandElement(id, index, record.elements);
    return readOutput(id, this.#options.store.paths(id), index);
  }

  async cancel(id: string, index?: number): Promise<void> {
    const { store, run, binDirectory } = this.#options;
    const { view, elements, listed } = await this.#demand(id);
    if (index !== undefined) this.#demandElement(id, index, elements.length);
    const of = index === undefined ? view : elements[index];
    // one of which Slurm has not said that it is gone may be begun anew by it
    if (of === undefined || (isOverState(of.state) && listed === false)) return;
    // the only run of a job is the job
    const which = view.sweep === undefined ? undefined : index;
    await cancelBatch(id, which, { store, run, binDirectory: await binDirectory(), now: () => Date.now() });
    await this.#options.look();
  }

  async remove(id: string): Promise<void> {
    const { store, run, binDirectory } = this.#options;
    const job = await this.#reader.read(id, this.#listing);
    // asked twice, it is gone already
    if (job !== undefined) {
      // the newest list is some seconds old: Slurm may have it no more by now
      const listed = job.listed !== false && (await livingNow(run, await binDirectory())).has(id);
      await removeJob({ ...job, listed }, store);
    }
    this.#forget(id);
  }

  /** Slurm has told its list. */
  heard(jobs: readonly ListedJob[], asked: number): void {
    this.#listing = { at: asked, jobs };
    for (const id of this.#unanswered) this.#asked.delete(id);
    this.#unanswered.clear();
    if (this.#options.listening() > 0) void this.#look().catch(this.#note);
  }

  /** Submissions that were begun are ended first: between sbatch and its answer nobody else knows the number. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled([...this.#submitting.values(), this.#looking?.jobs, this.#next]);
  }

  readonly #note = (error: unknown): void =>
    this.#options.note(error instanceof Error ? error.message : String(error));

  async #submit(id: string, order: JobSubmission): Promise<JobView> {
    const { store } = this.#options;
    // the answer to the first request may have been lost on its way
    if ((await store.read(id)) === undefined) {
      const context = await this.#options.context();
      if ('again' in order) await submitAgain(order.again, id, context);
      else {
        const { path, sweep, ...rest } = order;
        await submitNotebook(
          {
            ...rest,
            id,
            file: this.#below(path),
            ...(sweep !== undefined && { sweep: { file: this.#below(sweep), name: sweep } }),
          },
          context,
        );
      }
    }
    void this.#options.look().catch(this.#note);
    const { view } = await this.#demand(id);
    this.#tell([view]);
    this.#plan(LOOK_EVERY);
    return view;
  }

  /** By components, so that nothing above the root is named (T30). */
  #below(path: string): string {
    const { root } = this.#options;
    const bad = path === '' || isAbsolute(path) || path.split('/').includes('..');
    if (root === undefined || bad)
      throw new Failure('notebook-unreadable', {
        path,
        why: 'it is not below the directory that Jupyter shows',
      });
    return join(root, path);
  }

  #demandElement(id: string, index: number, elements: number): void {
    if (index >= elements) throw new Failure('job-unknown', { id: `${id}, element ${index}` });
  }

  async #demand(id: string): Promise<ReadJob> {
    const job = await this.#reader.read(id, this.#listing);
    if (job === undefined) throw new Failure('job-unknown', { id });
    return job;
  }

  /** One look at a time, by no older list than there is: all jobs, what is new about them told, and the next look planned. */
  #look(): Promise<readonly ReadJob[]> {
    const listing = this.#listing;
    if (this.#looking === undefined) {
      const jobs = this.#readAll(listing).finally(() => (this.#looking = undefined));
      this.#looking = { listing, jobs };
      return jobs;
    }
    const { jobs } = this.#looking;
    if (this.#looking.listing === listing) return jobs;
    const again = (): Promise<readonly ReadJob[]> => {
      this.#next = undefined;
      return this.#closed ? jobs : this.#look();
    };
    return (this.#next ??= jobs.then(again, again));
  }

  async #readAll(listing: Listing | undefined): Promise<readonly ReadJob[]> {
    const began = performance.now();
    // one that is submitted meanwhile may not be among those that are read
    const before = [...this.#told.keys()];
    this.#gone.clear();
    let jobs = await this.#reader.all(listing);
    if (listing !== undefined && (await this.#settle(jobs))) jobs = await this.#reader.all(listing);
    jobs = jobs.filter(({ view: { id } }) => !this.#gone.has(id));
    for (const id of this.#gone) this.#reader.forget(id);
    this.#tell(jobs.map(({ view }) => view));
    // removed by another program of the person's
    const there = new Set(jobs.map(({ view }) => view.id));
    for (const id of before) if (!there.has(id) && !this.#submitting.has(id)) this.#forget(id);
    const going = jobs.some(({ view }) => !isOverState(view.state));
    this.#options.expecting(going || this.#unanswered.size > 0);
    if (going) this.#plan(Math.min(Math.max(LOOK_EVERY, SHARE * (performance.now() - began)), LOOK_AT_LAST));
    return jobs;
  }

  /** At most once for an answer of Slurm: what it has forgotten it will not remember. */
  async #settle(jobs: readonly ReadJob[]): Promise<boolean> {
    const doubtful: ReadJob[] = [];
    for (const job of jobs) {
      const { id } = job.view;
      const doubts = doubtsOf(job);
      const asked = this.#asked.get(id);
      if ([...doubts].some((doubt) => !asked?.has(doubt))) doubtful.push(job);
      if (doubts.size === 0) this.#asked.delete(id);
      else this.#asked.set(id, doubts);
    }
    if (doubtful.length === 0) return false;
    const squeue = join(await this.#options.binDirectory(), 'squeue');
    return this.#reader.settle(doubtful, this.#options.run, squeue).catch((error: unknown) => {
      for (const { view } of doubtful) this.#unanswered.add(view.id);
      this.#note(error);
      // of some the answer may have been kept
      return true;
    });
  }

  #forget(id: string): void {
    this.#gone.add(id);
    this.#reader.forget(id);
    this.#asked.delete(id);
    if (this.#told.delete(id)) this.#options.publish({ type: 'job-forgotten', value: { id } });
  }

  #tell(views: readonly JobView[]): void {
    for (const view of views) {
      const text = JSON.stringify(view);
      if (this.#told.get(view.id) === text) continue;
      this.#told.set(view.id, text);
      this.#options.publish({ type: 'job', value: view });
    }
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      if (this.#options.listening() > 0) void this.#look().catch(this.#note);
      else this.#plan(LOOK_EVERY);
    }, ms);
    this.#timer.unref();
  }
}

/** What only another question to Slurm can tell of a job: its number, and how elements ended. */
const doubtsOf = ({ view, elements, listed, unsettled }: ReadJob): ReadonlySet<string> =>
  new Set([
    ...unsettled.map((index) => `${index} of ${elements[index]?.attempts}`),
    ...(listed === true && view.jobId === undefined ? ['number'] : []),
  ]);
