import type { JobState, Parameters, SlurmRecord } from '@berth/schema';
import type { JobElement, JobView } from '@berth/schema/rest';
import { askJobs, livingBatches, type ListedJob, type RunCommand } from '@berth/spawner/slurm';
import {
  elementStory,
  isOverState,
  linesOf,
  type ElementStory,
  type JobLines,
  type SlurmWord,
} from './element-story.ts';
import { readEvidence } from './job-evidence.ts';
import { withNews, type JobStore, type StoredJob } from './job-store.ts';
import { jobView } from './job-view.ts';
import { dropOutcome, keepOutcome, outcomeHolds, readOutcome } from './kept-outcome.ts';

/** What Slurm lists of the person's living jobs, and when (milliseconds since 1970); undefined when it does not answer. */
export interface Listing {
  readonly at: number;
  readonly jobs: readonly ListedJob[];
}

export interface ReadJob {
  readonly view: JobView;
  readonly elements: readonly JobElement[];
  /** whether Slurm lists it; undefined when it has not answered, and may begin it anew */
  readonly listed: boolean | undefined;
  /** indices of the elements of which Slurm may know better how they ended; none where that is kept already */
  readonly unsettled: readonly number[];
  /** when the list was asked for that it was read with, milliseconds since 1970; undefined without one */
  readonly at: number | undefined;
}

/**
 * Milliseconds after which what the node has written is seen here at the latest: a network file system may show what was there
 * before for a minute.
 */
const SEEN_AFTER = 120_000;

/** Files read at once. */
const AT_ONCE = 32;

/** How jobs stand, from what the node wrote and what Slurm lists. */
export class JobReader {
  readonly #store: JobStore;
  readonly #root: string | undefined;
  /**
   * Those that are over change no more, unless an administrator has them run anew: Slurm lists them again then, and the node takes
   * away what is kept of them, where that could be written.
   */
  readonly #over = new Map<string, { readonly read: ReadJob; readonly kept: boolean }>();
  /** since when those are over of which the node has told no end: the moment of Slurm's answer */
  readonly #overSince = new Map<string, number>();
  readonly #parameters = new Map<string, readonly Parameters[]>();

  constructor(store: JobStore, root: string | undefined) {
    this.#store = store;
    this.#root = root;
  }

  /** Undefined when there is no such job. */
  async read(id: string, listing: Listing | undefined): Promise<ReadJob | undefined> {
    const lines = listing?.jobs.filter(({ kind, launchId }) => kind === 'batch' && launchId === id) ?? [];
    const listed = lines.length > 0;
    const { outcome } = this.#store.paths(id);
    const known = this.#over.get(id);
    if (known !== undefined && !listed && (!known.kept || (await outcomeHolds(outcome)))) return known.read;
    if (known !== undefined) this.#overSince.delete(id);
    const job = await this.#store.read(id);
    if (job === undefined) return undefined;
    if (listed) await dropOutcome(outcome);
    const kept = await readOutcome(outcome, job.record.elements);
    const stories = kept === undefined ? await this.#stories(job, listing?.at, lines) : [];
    const elements = kept ?? stories.map(({ element }) => element);
    const parameters = this.#parameters.get(id) ?? (await this.#store.parameters(id).catch(() => []));
    this.#parameters.set(id, parameters);
    const read = {
      view: jobView(job, elements, parameters, this.#root),
      elements,
      listed: listing === undefined && kept === undefined ? undefined : listed,
      at: listing?.at,
      unsettled: stories.flatMap(({ element: { index }, unsettled }) => (unsettled ? [index] : [])),
    };
    const certain =
      kept !== undefined || (!listed && listing !== undefined && this.#isCertain(read, listing.at));
    if (certain) {
      const isKept = kept !== undefined || (await keepOutcome(outcome, elements));
      this.#over.set(id, { read: { ...read, unsettled: [] }, kept: isKept });
    } else this.#over.delete(id);
    return read;
  }

  /** What is lost may be found again, and what the node has written may be seen late. */
  #isCertain({ view: { id }, elements, unsettled }: ReadJob, at: number): boolean {
    if (!elements.every(({ state }) => isOverState(state) && state !== 'lost')) {
      this.#overSince.delete(id);
      return false;
    }
    const since = this.#overSince.get(id) ?? at;
    this.#overSince.set(id, since);
    if (unsettled.length > 0) return false;
    if (at - since >= SEEN_AFTER) return true;
    return elements.every(({ ended }) => ended !== undefined && at > Date.parse(ended));
  }

  /** There is no such job any more. */
  forget(id: string): void {
    for (const kept of [this.#over, this.#overSince, this.#parameters]) kept.delete(id);
  }

  /** All jobs, newest first. */
  async all(listing: Listing | undefined): Promise<readonly ReadJob[]> {
    const read: ReadJob[] = [];
    const ids = await this.#store.ids();
    // of those that are over one file is looked at; of any other many are, and at once already
    const over = ids.filter((id) => this.#over.has(id));
    const groups = ids.filter((id) => !this.#over.has(id)).map((id) => [id]);
    for (let first = 0; first < over.length; first += AT_ONCE)
      groups.push(over.slice(first, first + AT_ONCE));
    for (const group of groups)
      for (const job of await Promise.all(group.map((id) => this.read(id, listing))))
        if (job !== undefined) read.push(job);
    return read.sort((a, b) => b.view.submitted.localeCompare(a.view.submitted));
  }

  async parametersOf(id: string): Promise<readonly Parameters[]> {
    return this.#parameters.get(id) ?? this.#store.parameters(id);
  }

  /**
   * Asks Slurm for what its list does not tell, and keeps it: the numbers of those that it lists and of which we have none (F11), and
   * the last state of what it lists no more and the node has told no end of, or not why, which it forgets soon (F19).
   * @param jobs as they were read with an answer of Slurm
   * @returns whether anything was found
   */
  async settle(jobs: readonly ReadJob[], run: RunCommand, squeue: string): Promise<boolean> {
    const numbered = await this.#number(jobs, run, squeue);
    return (await this.#end(jobs, run, squeue)) || numbered;
  }

  async #number(jobs: readonly ReadJob[], run: RunCommand, squeue: string): Promise<boolean> {
    const nameless = jobs.filter(({ view, listed }) => listed === true && view.jobId === undefined);
    if (nameless.length === 0) return false;
    const living = await livingBatches(run, squeue);
    let found = false;
    for (const { view } of nameless) {
      const jobId = living.get(view.id);
      if (jobId === undefined) continue;
      await this.#store.note(view.id, { jobId, acknowledged: new Date().toISOString() });
      found = true;
    }
    return found;
  }

  async #end(jobs: readonly ReadJob[], run: RunCommand, squeue: string): Promise<boolean> {
    const doubtful = jobs.filter(({ unsettled }) => unsettled.length > 0);
    if (doubtful.length === 0) return false;
    const ended = await askJobs(run, squeue, 'ended');
    const failures: unknown[] = [];
    for (const { view, elements, unsettled, at } of doubtful) {
      const lines = ended.filter(({ kind, launchId }) => kind === 'batch' && launchId === view.id);
      const known = linesOf(lines, view.sweep !== undefined);
      const states: Record<string, JobState> = {};
      const endedAttempts: Record<string, number> = {};
      const forgotten: Record<string, number> = {};
      for (const index of unsettled) {
        const line = known.of(index);
        const attempts = elements[index]?.attempts ?? 0;
        if (line === undefined) forgotten[index] = attempts;
        else {
          states[index] = line.allocation.state;
          endedAttempts[index] = attempts;
        }
      }
      const lacked = new Date(at ?? 0).toISOString();
      const news = { ended: states, endedAttempts, forgotten, lacked };
      // one that cannot be written holds up none of the others
      await this.#store.note(view.id, news).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
    return true;
  }

  async #stories(
    { record, slurm: before }: StoredJob,
    at: number | undefined,
    lines: readonly ListedJob[],
  ): Promise<readonly ElementStory[]> {
    const paths = this.#store.paths(record.id);
    const known = linesOf(lines, record.sweep !== undefined);
    const slurm = await this.#withoutEnds(record.id, before, known, at);
    const stories: ElementStory[] = [];
    for (let first = 0; first < record.elements; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, record.elements - first) }, (_, at) => first + at);
      const read = some.map(async (index) => {
        const word = wordOf(at, known.of(index));
        return elementStory(index, await readEvidence(paths, index), word, record, slurm);
      });
      stories.push(...(await Promise.all(read)));
    }
    return stories;
  }

  /** What Slurm said of an end says nothing any more of an element that it lists again, also when its next attempt never begins. */
  async #withoutEnds(
    id: string,
    slurm: SlurmRecord,
    known: JobLines,
    at: number | undefined,
  ): Promise<SlurmRecord> {
    if (at === undefined || at <= Date.parse(slurm.lacked ?? '')) return slurm;
    const said = new Set([...Object.keys(slurm.ended), ...Object.keys(slurm.forgotten ?? {})]);
    const again = [...said].filter((index) => known.of(Number(index)) !== undefined);
    if (again.length === 0) return slurm;
    const none = Object.fromEntries(again.map((index) => [index, undefined]));
    const news = { ended: none, endedAttempts: none, forgotten: none };
    // where it cannot be written it is tried again
    await this.#store.note(id, news).catch(() => undefined);
    return withNews(slurm, news);
  }
}

function wordOf(at: number | undefined, job: ListedJob | undefined): SlurmWord {
  if (at === undefined) return { kind: 'silent' };
  return job === undefined ? { kind: 'absent', at } : { kind: 'listed', at, job };
}
