import { isDeepStrictEqual } from 'node:util';
import { Failure, type Launch, type Outcome, type Resources } from '@berth/schema';
import type { LaunchAnswer, LaunchStory, StandingWish, Wish } from '@berth/schema/rest';
import { endsForGood } from '@berth/spawner/launch';
import type { ListedJob } from '@berth/spawner/slurm';
import type { LaunchBoard as Board, Publish } from '../routes/index.ts';
import { KernelWords } from './kernel-words.ts';
import type { Begin, Entry, LauncherLink } from './launch-entry.ts';
import { lostLaunch, NO, refusedStart } from './launch-ends.ts';
import { isOver, isSame, LaunchStories, submitting } from './launch-stories.ts';
import { decideStart, type DecidedStart, type Word } from './start-decision.ts';
import type { WishStore } from './wish-store.ts';

export type { LauncherLink } from './launch-entry.ts';

/** A launcher dials again within a quarter of a second; one that has not for so long is gone. Milliseconds. */
const REDIAL_GRACE = 3000;

export interface BoardOptions {
  readonly wishes: WishStore;
  /** what the kernelspec of that name asks for; @throws Failure `kernel-unknown` */
  readonly resourcesOf: (kernel: string) => Promise<Resources>;
  readonly publish: Publish;
  /** a launch came into another state: Slurm may have news */
  readonly changed: () => void;
  /** something that is no failure of a request's, e.g. a wish that could not be kept */
  readonly note: (error: unknown) => void;
  /** every start that would submit a job: for whoever asks later who wanted that job */
  readonly decided: (start: DecidedStart) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** How long after a request a page may send the same one again, because it heard no answer, milliseconds. */
const REPEATED_MS = 15_000;

/**
 * Where launchers say where they stand, and where the person answers: one entry a launch, whose story all pages see. A launcher
 * that would submit a job goes on only by a word of the person's.
 */
export class LaunchBoard implements Board {
  readonly #options: BoardOptions;
  readonly #stories: LaunchStories;
  readonly #entries = new Map<string, Entry>();
  readonly #words = new KernelWords();
  /** how many words were given for notebooks */
  #given = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#stories = new LaunchStories((event) => {
      if (event.type === 'launch-forgotten') this.#entries.delete(event.value.id);
      options.publish(event);
    }, options.now);
  }

  // ---- what the person's pages ask

  list(): readonly LaunchStory[] {
    return this.#stories.list();
  }

  get(id: string): LaunchStory {
    const story = this.#stories.get(id);
    if (story === undefined) throw new Failure('launch-unknown', { id });
    return story;
  }

  log(id: string): readonly string[] {
    this.get(id);
    return this.#stories.log(id);
  }

  async answer(id: string, answer: LaunchAnswer): Promise<void> {
    const story = this.get(id);
    const { state } = story.launch;
    const entry = this.#entries.get(id);
    if (state !== 'asking') {
      // the same once more: a page whose first request was heard, but not answered
      if (isDeepStrictEqual(entry?.answered, answer)) return;
      throw new Failure('launch-decided', { id, state });
    }
    if (entry) entry.answered = answer;
    if (!answer.start) return this.#refuse(id);
    const { path, kernel, kernelId } = story;
    const { resources, profile } = answer;
    const word = { resources, at: this.#time() };
    if (path === '') {
      this.#go(id, word);
      this.#words.put(kernelId, word);
      return;
    }
    this.#goAll(path, kernel, word);
    const wish = { path, kernel, resources, ...(profile === undefined ? {} : { profile }) };
    // the word was given for this start, whether it can be kept for the next or not
    await this.#options.wishes.put(wish, word.at).then(
      // also for one that has dialled meanwhile, and looked before it was written
      () => this.#goAll(path, kernel, word),
      this.#options.note,
    );
  }

  async cancel(id: string): Promise<void> {
    const { launch } = this.get(id);
    const entry = this.#entries.get(id);
    const now = this.#options.now();
    // the same once more must not take away the story of how it ended
    if (isOver(launch) && now - (entry?.cancelled ?? -Infinity) < REPEATED_MS) return;
    if (isOver(launch)) return this.#stories.forget(id);
    if (entry) entry.cancelled = now;
    if (launch.state === 'asking') return this.#refuse(id);
    entry?.link.send({ type: 'cancel' });
  }

  async wish(path: string, kernel: string): Promise<StandingWish> {
    const kept = await this.#options.wishes.of(path, kernel);
    if (kept) return { ...kept.wish, confirmed: path !== '' };
    return { path, kernel, resources: await this.#proposal(path, kernel), confirmed: false };
  }

  async setWish(wish: Wish): Promise<StandingWish> {
    const word = { resources: wish.resources, at: this.#time() };
    await this.#options.wishes.put(wish, word.at);
    if (wish.path !== '') this.#goAll(wish.path, wish.kernel, word);
    return { ...wish, confirmed: wish.path !== '' };
  }

  // ---- what launchers say

  /** A launcher has dialled, for the first time or again. */
  async begin(link: LauncherLink, begin: Begin): Promise<void> {
    const { id, launch, resources } = begin;
    const before = this.#entries.get(id);
    if (before && before.link !== link) before.link.close();
    const { refused, answered, cancelled, word } = before ?? {};
    const said = { ...(refused && { refused }), ...(answered && { answered }), ...(word && { word }) };
    const entry: Entry = { begin, link, ...said, ...(cancelled !== undefined && { cancelled }) };
    this.#entries.set(id, entry);
    if (launch !== undefined && launch.state !== 'asking') {
      this.#tell(begin, launch);
      if (entry.cancelled) link.send({ type: 'cancel' });
      return;
    }
    if (resources === undefined) {
      this.#tell(begin, { state: 'starting', node: '', doing: 'starts in a job that is there' });
      return link.send({ type: 'go' });
    }
    if (entry.refused) return link.send(entry.refused);
    await this.#decide(entry, resources);
  }

  state(id: string, link: LauncherLink, launch: Launch): void {
    const entry = this.#entries.get(id);
    if (entry?.link !== link) return;
    if (isOver(launch) && 'outcome' in launch) entry.outcome = launch.outcome;
    const before = this.#stories.get(id)?.launch.state;
    // a launcher that repeats our own question says nothing new
    if (launch.state === 'asking' && before !== 'asking') return;
    this.#stories.change(id, launch);
    if (before !== launch.state) this.#options.changed();
  }

  said(id: string, link: LauncherLink, line: string): void {
    if (this.#entries.get(id)?.link === link) this.#stories.addLine(id, line);
  }

  /** Its connection is gone. When the launcher ended it, it is gone too; when we did, it lives, dials again and tells the story on. */
  gone(id: string, link: LauncherLink, endedBy: 'us' | 'launcher' = 'launcher'): void {
    const entry = this.#entries.get(id);
    if (entry?.link !== link) return;
    if (endedBy === 'us') return void setTimeout(() => this.gone(id, link), REDIAL_GRACE).unref();
    const story = this.#stories.get(id);
    if (story === undefined) return void this.#entries.delete(id);
    if (isOver(story.launch)) return;
    if (story.launch.state === 'asking') return this.#stories.forget(id);
    this.#stories.change(id, lostLaunch(this.#time()));
    this.#options.changed();
  }

  // ---- what Slurm says

  /** Tells each waiting launch what Slurm says of its job, when that is news. */
  queue(jobs: readonly ListedJob[]): void {
    for (const { launchId, allocation } of jobs) {
      const entry = this.#entries.get(launchId);
      if (entry === undefined || this.#stories.get(launchId)?.launch.state !== 'queued') continue;
      if (allocation.state !== 'PENDING') continue;
      const said = `${allocation.jobId} ${allocation.reason} ${allocation.estimatedStart ?? ''}`;
      if (entry.queue === said) continue;
      entry.queue = said;
      entry.link.send({ type: 'queue', allocation });
    }
  }

  /** how many launches are not over, and how many of these wait for Slurm */
  get counts(): { readonly live: number; readonly queued: number } {
    const live = this.#stories.list().filter(({ launch }) => !isOver(launch));
    return { live: live.length, queued: live.filter(({ launch }) => launch.state === 'queued').length };
  }

  close(): void {
    for (const { link } of this.#entries.values()) link.close();
  }

  async #decide(entry: Entry, asked: Resources): Promise<void> {
    const { begin, link } = entry;
    const { id, path, kernel, kernelId } = begin;
    const { wishes } = this.#options;
    let kept, newest, given;
    do {
      given = this.#given;
      [kept, newest] = await Promise.all([wishes.of(path, kernel), wishes.newestOf(path)]);
      // a word that was given while the file was read may not be in what was read
    } while (given !== this.#given);
    // it dialled again, or hung up, while the file was read
    if (this.#entries.get(id) !== entry) return;
    const agreed =
      path === '' ? this.#words.of(kernelId) : kept && { resources: kept.wish.resources, at: kept.at };
    const earlier = this.#stories.list().find((story) => story.id !== id && isSame(story, begin));
    const after = begin.after ?? this.#endOf(earlier);
    const words = [agreed?.at, kept?.at].filter((at) => at !== undefined);
    const lastWord = words.sort().at(-1);
    const before = earlier && this.#entries.get(earlier.id);
    // of that very end: another start of the notebook's may go on with the same word
    const used = before?.outcome?.at === after?.at ? before?.word : undefined;
    const proposal = (path === '' ? kept : newest)?.wish.resources ?? asked;
    const decision = decideStart({ after, agreed, lastWord, used, proposal });
    this.#options.decided({
      launch: id,
      kernel,
      decision: decision.kind,
      agreed: agreed?.at,
      lastWord,
      after: after && `${after.kind} at ${after.at}`,
    });
    switch (decision.kind) {
      case 'go':
        this.#tell(begin, submitting());
        return this.#go(id, decision);
      case 'ask':
        this.#tell(begin, { state: 'asking', resources: decision.resources });
        return link.send({ type: 'asking', resources: decision.resources });
      case 'refuse': {
        const { sentence, hint } = decision;
        // where the end itself is still told, its automatic restarts are not told besides
        if (earlier === undefined || !isOver(earlier.launch))
          this.#tell(begin, refusedStart(sentence, hint, this.#time()));
        return link.send({ type: 'refuse', sentence, hint });
      }
    }
  }

  /** The last word of an earlier start of the same kernel, where the connection file has lost it. */
  #endOf(earlier: LaunchStory | undefined): Outcome | undefined {
    const outcome = earlier && this.#entries.get(earlier.id)?.outcome;
    return outcome && endsForGood(outcome.kind) ? outcome : undefined;
  }

  #tell(begin: Begin, launch: Launch): void {
    const { id, kernel, displayName, kernelId, path, began, resources } = begin;
    const more = { ...(kernelId !== undefined && { kernelId }), ...(resources && { resources }) };
    this.#stories.begin({ id, kernel, displayName, path, began, launch, ...more });
    this.#options.changed();
  }

  #go(id: string, { resources, at }: Word): void {
    this.#stories.change(id, submitting(), resources);
    const entry = this.#entries.get(id);
    if (entry) entry.word = at;
    entry?.link.send({ type: 'go', resources });
    this.#options.changed();
  }

  /** All starts of that notebook and kernel that ask: the word is for each of them. */
  #goAll(path: string, kernel: string, word: Word): void {
    this.#given++;
    for (const story of this.#stories.list()) {
      if (story.path === path && story.kernel === kernel && story.launch.state === 'asking')
        this.#go(story.id, word);
    }
  }

  #refuse(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) entry.refused = NO;
    this.#stories.change(id, refusedStart(NO.sentence, NO.hint, this.#time()));
    entry?.link.send(NO);
  }

  async #proposal(path: string, kernel: string): Promise<Resources> {
    const own = await this.#options.resourcesOf(kernel);
    const newest = path === '' ? undefined : await this.#options.wishes.newestOf(path);
    return newest?.wish.resources ?? own;
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }
}
