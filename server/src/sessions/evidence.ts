import type { SessionRecord } from '@berth/schema';
import type { HubJob, OwnHubJob } from '@berth/spawner/slurm';
import type { QueueAnswer } from './hub-queue.ts';
import { endOf } from './job-ends.ts';
import { ownLists } from './own-lists.ts';
import type { Session } from './session.ts';
import type { SessionsOptions } from './sessions-options.ts';

type Deps = Pick<SessionsOptions, 'store' | 'helper' | 'inTurn' | 'warn' | 'clock' | 'now'>;

/** Longer than anything that submits lives (IN_TIME of as-person.ts, and PATIENCE in spawner/hub/helper/main.c). Milliseconds. */
const SUBMISSION = 60_000;

/** Between two questions as a person about a server of theirs that runs, where Slurm hides it from us. Milliseconds. */
const HIDDEN = 60_000;

/** Why everybody's list lacks a job that lives. */
const UNSEEN = 'squeue shows this job only to its owner: is the service a Slurm operator?';
const RENAMED =
  'somebody has given this job another name, by which Slurm is not asked: it is asked for by number';

/** What Slurm's words mean for each server: found, moved on, ended. Only positive evidence ends one (I4). */
export class Evidence {
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #deps: Deps;
  readonly #forget: (id: string) => void;
  readonly #confirming = new Set<string>();
  readonly #ending = new Set<string>();
  readonly #looked = new Map<string, number>();
  /** a person's own list. @throws what the question throws */
  readonly listOf: ReturnType<typeof ownLists>;

  /** @param forget is told of each that has ended */
  constructor(sessions: ReadonlyMap<string, Session>, deps: Deps, forget: (id: string) => void) {
    [this.#sessions, this.#deps, this.#forget] = [sessions, deps, forget];
    this.listOf = ownLists((user) => deps.helper.list(user), deps.inTurn, deps.clock);
  }

  /** @returns whether anything is news */
  hear({ jobs, asked }: QueueAnswer): boolean {
    let news = false;
    const byId = new Map(jobs.map((job) => [job.jobId, job] as const));
    for (const session of this.#sessions.values()) {
      const { lives, submitting, submitted, jobId, record } = session;
      if (!lives) continue;
      const job = jobId === undefined ? undefined : byId.get(jobId);
      if (job?.user === record.user) news = this.#heard(session, job) || news;
      else if (!submitting && submitted < asked) void this.confirm(session);
    }
    return news;
  }

  #heard(session: Session, job: HubJob): boolean {
    const news = session.heard(job);
    const end = endOf(job.state);
    if (end !== undefined) void this.#ended(session, end);
    return news;
  }

  /**
   * Slurm's list lacks it, or its job is not known: the answer to the submission was lost, or we were killed before we wrote it
   * down. That is an end only if the person's own list lacks it too: ours may be hidden from us (PrivateData). In that list it is
   * found by its comment; in everybody's a comment is not asked for.
   */
  async confirm(session: Session): Promise<void> {
    const { id, user, jobId, made } = session.record;
    if (this.#confirming.has(id) || this.#wasLookedAt(session)) return;
    this.#confirming.add(id);
    try {
      const { asked, jobs } = await this.listOf(user);
      const named = jobs.find((one) => belongs(one, session.record));
      const job = named ?? (await this.#renamed(session));
      const { submitted, submitting } = session;
      if (job !== undefined) this.#found(session, job, named === undefined ? RENAMED : UNSEEN);
      else if (submitting || submitted >= asked) return;
      else if (jobId !== undefined) await this.#ended(session, 'is not known to Slurm any more');
      // what submits it may still be under way, of a service before this one perhaps (F11)
      else if (this.#deps.now() - made >= SUBMISSION) await this.#ended(session, 'was never submitted');
    } catch (error) {
      // asked again at once, all of them would keep each other from an answer
      this.#looked.set(id, this.#deps.clock());
      session.silent(error instanceof Error ? error.message : String(error));
    } finally {
      this.#confirming.delete(id);
    }
  }

  /** Looked at as its owner a moment ago, and nothing hangs on it: one question for each of 500 is what one for all avoids. */
  #wasLookedAt({ record: { id }, starts, stopping }: Session): boolean {
    const looked = this.#looked.get(id);
    return !starts && !stopping && looked !== undefined && this.#deps.clock() - looked < HIDDEN;
  }

  /** Lists are asked for by our name, and its owner, or the site, may change that too: of one job it is asked by number. */
  async #renamed({ record }: Session): Promise<OwnHubJob | undefined> {
    const { user, jobId } = record;
    if (jobId === undefined) return undefined;
    const jobs = await this.#deps.inTurn(() => this.#deps.helper.list(user, jobId));
    return jobs.find((one) => belongs(one, record));
  }

  #found(session: Session, job: OwnHubJob, why: string): void {
    const { id, user, jobId } = session.record;
    if (jobId === undefined) {
      session.take({ jobId: job.jobId });
      this.#keep(session);
    } else {
      this.#looked.set(id, this.#deps.clock());
      this.#deps.warn('hidden', { user, why });
    }
    this.#heard(session, job);
  }

  silent(why: string): void {
    this.#deps.warn('slurm', { why });
    for (const session of this.#sessions.values()) if (session.lives) session.silent(why);
  }

  async #ended(session: Session, how: string): Promise<void> {
    if (!session.lives || this.#ending.has(session.record.id)) return;
    this.#ending.add(session.record.id);
    const { record } = session;
    const { user, id, place } = record;
    // its own last lines say more than Slurm's word
    if (place === undefined && !session.stopping)
      session.said(await this.#deps.helper.log(user, id).catch(() => ''));
    // a job that never began has not taken what was left for it
    if (place === undefined) await this.#deps.helper.cancel(user, id).catch(() => undefined);
    const job = record.jobId === undefined ? 'The job' : `Job ${record.jobId}`;
    // nobody cancelled it whom this person knows of
    const lost =
      record.isLost === true && session.stopping ? ': its record was lost. Start your server again' : '';
    await this.end(session, `${job} ${how}${lost}.`);
    this.#ending.delete(id);
  }

  async end(session: Session, ended: string): Promise<void> {
    session.take({ ended });
    this.#looked.delete(session.record.id);
    this.#forget(session.record.id);
    await this.#deps.store.remove(session.record.id).catch((error: unknown) => this.#warnOfState(error));
  }

  /** A full disk costs the job's number, which is found again by its comment. */
  #keep(session: Session): void {
    this.#deps.store.write(session.record).catch((error: unknown) => this.#warnOfState(error));
  }

  #warnOfState(error: unknown): void {
    this.#deps.warn('state', { why: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * By our tag; once the job is known by its number alone, as in everybody's list: a person may write our tag on another job of
 * theirs, and a comment and a name of their own, or the site's, on this one.
 */
const belongs = (job: OwnHubJob, { id, user, jobId }: SessionRecord): boolean =>
  job.user === user && (jobId === undefined ? job.id === id : job.jobId === jobId);
