import { Failure, isFailure } from '@berth/schema';
import type { Callback, SessionStart } from '@berth/schema/rest';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type * as z from 'zod/mini';
import { cancels } from './cancels.ts';
import { Evidence } from './evidence.ts';
import { HubQueue, type QueueAnswer } from './hub-queue.ts';
import { Session, type View } from './session.ts';
import { lostRecord } from './lost-record.ts';
import { demandRoom } from './demand-room.ts';
import type { SessionsOptions } from './sessions-options.ts';

/** Milliseconds. How long a question waits for news, a job's word for its node, and a stop for the job's end. */
const NEWS = 20_000;
const PLACE = 30_000;
const STOP = 15_000;
/** A job starts in this time where there is room: a question before would have to be asked again. */
const START = 1_500;
/** Between two looks at a job's output while somebody watches. */
const LOOK = 2_000;
/** So long after its submission a job that Slurm has told as waiting may have run already. */
const BEGINS = 15_000;
/** Ended ones are remembered so long, for whoever asks why. */
const KEPT = 600_000;

const hashOf = (nonce: string): string => createHash('sha256').update(nonce).digest('hex');

/** All people's servers: started, found again, told apart, ended. Slurm is the database of what runs. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #queue: HubQueue;
  readonly #looked = new Map<string, number>();
  readonly #evidence: Evidence;
  readonly #cancel: ReturnType<typeof cancels>;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#cancel = cancels(
      (...one) => options.helper.cancel(...one),
      options.cancelInTurn,
      (...words) => options.warn(...words),
    );
    this.#evidence = new Evidence(this.#sessions, options, (id) => {
      this.#looked.delete(id);
      setTimeout(() => this.#sessions.delete(id), KEPT).unref();
    });
    this.#queue = new HubQueue({
      ask: options.askSlurm,
      onAnswer: (answer) => this.#hear(answer),
      onSilence: (why) => this.#evidence.silent(why),
      wanted: () => [...this.#sessions.values()].some(({ lives }) => lives),
      now: options.clock,
      interval: options.interval,
    });
  }

  /** After a start of the service: what it knew, whatever it was killed in (F11). */
  async adopt(): Promise<void> {
    for (const record of await this.#options.store.all()) {
      if (record.ended === undefined) this.#sessions.set(record.id, new Session(record));
      else await this.#options.store.remove(record.id);
    }
    this.#queue.nudge();
  }

  close(): void {
    this.#queue.close();
  }

  /** @throws Failure `person-refused`, `hub-options-refused`, `quota-reached`, `session-not-submitted` */
  async start(id: string, order: SessionStart): Promise<View> {
    const known = this.#sessions.get(id);
    if (known !== undefined) return this.#same(known, order);
    const account = await this.#options.accounts.find(order.user);
    const { options, resources } = await this.#options.choose(account, order.options);
    const limits = await this.#options.limits();
    const twin = this.#sessions.get(id);
    if (twin !== undefined) return this.#same(twin, order);
    const nonce = randomBytes(32).toString('hex');
    const session = new Session({
      id,
      user: account.name,
      uid: account.uid,
      server: order.server,
      options,
      resources,
      made: this.#options.now(),
      nonce: hashOf(nonce),
    });
    this.#endForgotten(order);
    // counted and entered in one turn: fifty at once never see the same free place (T38)
    demandRoom([...this.#sessions.values()], order, limits);
    this.#sessions.set(id, session);
    session.submitting = true;
    let asked = false;
    try {
      await this.#options.store.write(session.record);
      const more = await this.#options.forJob();
      const data = JSON.stringify({
        ...more,
        nonce,
        env: order.env,
        args: order.args,
        kernel: options.image,
      });
      asked = true;
      const jobId = await this.#options.helper.submit(account.name, { id, resources, data });
      session.take({ jobId });
      // a full disk costs the job's number, which is found again
      await this.#options.store.write(session.record).catch(this.#warnOfState);
    } catch (error) {
      if (!asked) await this.#evidence.end(session, 'The job was not given to Slurm.');
      else if (isFailure(error, 'session-not-submitted')) {
        // what was left for its job
        await this.#options.helper.cancel(account.name, id).catch(() => undefined);
        await this.#evidence.end(session, error.message);
        // whether there is a job nevertheless is asked of Slurm, and until then it counts
      } else this.#queue.nudge();
      throw error;
    } finally {
      session.submitting = false;
      session.submitted = this.#options.clock();
    }
    this.#queue.nudge(START);
    return session.view;
  }

  /**
   * @param after waits for what is newer
   * @param user whose it is; a record that was lost is made anew from their job
   * @throws Failure `session-unknown`: there is none, as Slurm says; what could not be asked is thrown as it is
   */
  async view(
    id: string,
    {
      after,
      watched,
      user,
    }: { readonly after?: number; readonly watched?: boolean; readonly user?: string } = {},
  ): Promise<View> {
    if (!this.#sessions.has(id) && user !== undefined) await this.#recover(id, user);
    const session = this.#get(id);
    if (session.starts && !session.submitting) this.#queue.nudge();
    if (watched === true) void this.#look(session);
    if (after !== undefined) {
      // who waits for its place would wait for ever; who only asks whether it is there may know the place
      if (session.record.isLost === true && session.starts && !session.stopping)
        void this.stop(id).catch(this.#warnOfState);
      const patience = watched === true && session.starts ? LOOK : NEWS;
      await session.news(after, patience);
    }
    return session.view;
  }

  /** Of one person. */
  own(user: string): readonly View[] {
    return [...this.#sessions.values()].filter(({ record }) => record.user === user).map(({ view }) => view);
  }

  /** @throws Failure `session-unknown`, also for another person's */
  ownOne(user: string, id: string): View {
    const session = this.#get(id);
    if (session.record.user !== user) throw new Failure('session-unknown', {});
    return session.view;
  }

  /**
   * Done when it has ended already; may be called twice.
   * @param user whose it is; one whose record was lost is found by its job. @throws Failure `session-unknown`
   */
  async stop(id: string, user?: string): Promise<View> {
    if (!this.#sessions.has(id) && user !== undefined) await this.#recover(id, user);
    const session = this.#get(id);
    const { clock } = this.#options;
    const until = clock() + STOP;
    const left = (): number => Math.max(0, until - clock());
    if (session.lives && !session.stopping) {
      session.take({ stopping: true });
      // also where nothing can be written it is to end (F9)
      await this.#options.store.write(session.record).catch(this.#warnOfState);
    }
    while (session.lives && clock() < until) {
      // what is asked as the person may come back long after whoever asked us has gone
      await Promise.race([this.#tryToEnd(session), session.news(session.view.revision, left())]);
      this.#queue.nudge(START);
      await session.news(session.view.revision, left());
    }
    return session.view;
  }

  async #tryToEnd(session: Session): Promise<void> {
    if (session.jobId !== undefined) await this.#cancel(session.record);
    else if (!session.submitting) await this.#evidence.confirm(session);
  }

  #hear(answer: QueueAnswer): boolean {
    const news = this.#evidence.hear(answer);
    for (const session of this.#sessions.values())
      if (session.lives && session.stopping) void this.#cancel(session.record);
    return news;
  }

  /**
   * The word of a job. The host is Slurm's record of where it runs, never anything that the job says (T36).
   * @param user whose token came with it
   * @throws Failure `callback-refused`, which is the last word; `slurm-unreachable`: it is to tell that again (F1)
   */
  async callback(user: string, { port, nonce }: z.infer<typeof Callback>): Promise<void> {
    const hash = Buffer.from(hashOf(nonce));
    const session = [...this.#sessions.values()].find(
      ({ record }) => record.user === user && timingSafeEqual(Buffer.from(record.nonce), hash),
    );
    if (session === undefined || !session.starts || session.stopping)
      throw new Failure('callback-refused', {});
    if (session.told) throw new Failure('slurm-unreachable', { why: 'the node is being looked up' });
    session.told = true;
    try {
      const host = await this.#hostOf(session);
      if (!session.starts || session.stopping) throw new Failure('callback-refused', {});
      if (host === undefined)
        throw new Failure('slurm-unreachable', { why: 'it has not said where the job runs' });
      session.take({ place: { host, port } });
    } finally {
      session.told = false;
    }
    // a full disk: the job has told once, and would not again
    await this.#options.store.write(session.record).catch(this.#warnOfState);
  }

  async #hostOf(session: Session): Promise<string | undefined> {
    const until = this.#options.clock() + PLACE;
    for (;;) {
      const { job } = session;
      if (job?.state === 'RUNNING' && job.node !== '') return this.#options.addressOf(job.node);
      const left = until - this.#options.clock();
      if (left <= 0 || !session.lives) return undefined;
      this.#queue.nudge();
      await session.news(session.view.revision, left);
    }
  }

  async #recover(id: string, user: string): Promise<void> {
    const { accounts, now, store } = this.#options;
    const account = await accounts.find(user);
    // in turn and once for all of theirs: a service that has lost all its records is asked for all at once
    const { jobs } = await this.#evidence.listOf(account.name);
    const record = lostRecord(id, account, jobs, now());
    if (record === undefined || this.#sessions.has(id)) return;
    this.#options.warn('recovered', { user, why: 'its record was lost, its job was found' });
    this.#sessions.set(id, new Session(record));
    await store.write(record).catch(this.#warnOfState);
    this.#queue.nudge();
  }

  #same(session: Session, order: SessionStart): View {
    const { user, server } = session.record;
    if (user !== order.user || server !== order.server) throw new Failure('session-unknown', {});
    return session.view;
  }

  #get(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Failure('session-unknown', {});
    return session;
  }

  /**
   * One that the Hub gave up without being able to tell us. Not where the record was lost: whether it was of this name is not known.
   */
  #endForgotten({ user, server }: SessionStart): void {
    for (const { record, lives, stopping } of this.#sessions.values())
      if (lives && !stopping && record.isLost !== true && record.user === user && record.server === server)
        void this.stop(record.id).catch(this.#warnOfState);
  }

  async #look(session: Session): Promise<void> {
    const { id, user } = session.record;
    const { clock, helper } = this.#options;
    // what Slurm said last is old when a job has begun and ended since
    const begins = clock() - session.submitted < BEGINS || session.job?.state !== 'PENDING';
    const runs = session.starts && session.jobId !== undefined && begins;
    if (!runs || clock() - (this.#looked.get(id) ?? -Infinity) < LOOK) return;
    // a home that hangs: one look waits for it, and no second is begun (F23)
    this.#looked.set(id, Infinity);
    session.said(await helper.log(user, id).catch(() => ''));
    this.#looked.set(id, clock());
  }

  readonly #warnOfState = (error: unknown): void => {
    this.#options.warn('state', { why: error instanceof Error ? error.message : String(error) });
  };
}
