import { printable, type Launch } from '@berth/schema';
import { SUBMITTING } from '@berth/spawner/slurm';
import type { LaunchStory } from '@berth/schema/rest';
import type { Publish } from '../routes/index.ts';

/** How long the story of a start that is over is told, milliseconds. */
const TOLD_MS = 3_600_000;
const MAX_OVER = 50;
const MAX_LINES = 200;
/** How long lines are gathered before pages are told of them, milliseconds. */
const GATHER_MS = 300;

export const isOver = (launch: Launch): boolean => launch.state === 'failed' || launch.state === 'ended';

/** A launch that has been let go and has not spoken since. */
export const submitting = (): Launch => ({ state: 'queued', reason: SUBMITTING });

/** All starts that are told of, newest first, each with the last lines of its log. Every change is published. */
export class LaunchStories {
  readonly #publish: Publish;
  readonly #now: () => number;
  readonly #stories = new Map<string, LaunchStory>();
  readonly #lines = new Map<string, string[]>();
  /** launches with lines that pages will be told of */
  readonly #grown = new Set<string>();

  /** @param now milliseconds since 1970 */
  constructor(publish: Publish, now: () => number) {
    this.#publish = publish;
    this.#now = now;
  }

  list(): readonly LaunchStory[] {
    this.#forgetOld();
    return [...this.#stories.values()].reverse();
  }

  get(id: string): LaunchStory | undefined {
    return this.#stories.get(id);
  }

  log(id: string): readonly string[] {
    return this.#lines.get(id) ?? [];
  }

  /** A new one, or one whose launcher dials again. What is told of earlier starts for the same notebook and kernel, or of the same kernel of Jupyter's, goes. */
  begin(story: Omit<LaunchStory, 'since'>): void {
    for (const other of this.#stories.values()) {
      if (other.id !== story.id && isOver(other.launch) && isSame(other, story)) this.forget(other.id);
    }
    const before = this.#stories.get(story.id);
    const since = before?.launch.state === story.launch.state ? before.since : this.#time();
    this.#put({ ...story, since });
    this.#forgetOld();
  }

  /** `resources`: what it was let go with, where that is news. */
  change(id: string, launch: Launch, resources?: LaunchStory['resources']): void {
    const story = this.#stories.get(id);
    if (story === undefined) return;
    const since = story.launch.state === launch.state ? story.since : this.#time();
    const next = { ...story, launch, since, ...(resources && { resources }) };
    if (JSON.stringify(next) !== JSON.stringify(story)) this.#put(next);
    if (isOver(launch)) this.#forgetOld();
  }

  addLine(id: string, line: string): void {
    const lines = this.#lines.get(id) ?? [];
    // whatever a kernel wrote, on its way to pages and terminals (T34)
    lines.push(printable(line));
    if (lines.length > MAX_LINES) lines.shift();
    if (!this.#stories.has(id)) return;
    this.#lines.set(id, lines);
    this.#tellGrown(id);
  }

  /** Once for many lines: a kernel may write thousands, and a page that shows them reads them each time. */
  #tellGrown(id: string): void {
    if (this.#grown.has(id)) return;
    this.#grown.add(id);
    setTimeout(() => {
      this.#grown.delete(id);
      if (this.#stories.has(id)) this.#publish({ type: 'launch-log', value: { id } });
    }, GATHER_MS).unref();
  }

  forget(id: string): void {
    if (!this.#stories.delete(id)) return;
    this.#lines.delete(id);
    this.#publish({ type: 'launch-forgotten', value: { id } });
  }

  #put(story: LaunchStory): void {
    this.#stories.set(story.id, story);
    this.#publish({ type: 'launch', value: story });
  }

  #forgetOld(): void {
    const over = [...this.#stories.values()].filter(({ launch }) => isOver(launch));
    over.sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
    const tooMany = over.length - MAX_OVER;
    over.forEach(({ id, since }, at) => {
      if (at < tooMany || this.#now() - Date.parse(since) > TOLD_MS) this.forget(id);
    });
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

type Identity = Pick<LaunchStory, 'path' | 'kernel' | 'kernelId'>;
/** Starts of which the later one takes the earlier one's place. */
export const isSame = (one: Identity, other: Identity): boolean =>
  (one.path !== '' && one.path === other.path && one.kernel === other.kernel) ||
  (one.kernelId !== undefined && one.kernelId === other.kernelId);
