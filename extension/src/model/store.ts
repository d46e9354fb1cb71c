import { assertNever } from '@berth/schema';
import type { AllocationList, JobView, LaunchStory, ScanState, ServerEvent } from '@berth/schema/rest';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { BerthClient, Pause } from '../client/client.ts';
import { backOff, EventLink, type EventListener } from '../client/event-link.ts';
import { asProblem, needsPerson, type ServerProblem } from '../client/server-problem.ts';

/** What of the store has changed; `launch` brings what the story was before, if it was known. */
export type StoreChange =
  | { readonly of: 'launch'; readonly story: LaunchStory; readonly before: LaunchStory | undefined }
  | { readonly of: 'log'; /** of the launch whose log has grown */ readonly id: string }
  | { readonly of: 'launches' | 'allocations' | 'jobs' | 'scan' | 'kernels' | 'kernelspecs' | 'link' };

/** `down` only means that nobody answers us just now: kernels and jobs are not affected. */
export type LinkState = 'connecting' | 'up' | 'down';

/** milliseconds */
const LOST_AFTER = 10_000;

const pauseFor = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What the server has told, in one place: views read it and listen to `changed`. Nothing here polls. */
export class BerthStore implements IDisposable {
  readonly #client: BerthClient;
  readonly #events: EventLink;
  readonly #pause: Pause;
  readonly #changed = new Signal<this, StoreChange>(this);
  #launches: ReadonlyMap<string, LaunchStory> = new Map();
  #launchesKnown = false;
  #allocations: AllocationList | undefined;
  #jobs: readonly JobView[] | undefined;
  #scan: ScanState | undefined;
  #link: LinkState = 'connecting';
  #downSince: number | undefined;
  #problem: ServerProblem | undefined;
  /** ... of the jobs alone */
  #jobsProblem: ServerProblem | undefined;
  /** reads of everything in a row that failed, at least in part */
  #failures = 0;
  #waits = false;
  /** events that came while everything was being read: they are newer than what was read */
  #held: ServerEvent[] | undefined;
  /** ... and those of jobs, which are read apart */
  #heldJobs: ServerEvent[] | undefined;
  /** all was read anew while the jobs were being read: what was told between is in neither */
  #jobsAgain = false;

  constructor(client: BerthClient, pause: Pause = pauseFor) {
    this.#client = client;
    this.#pause = pause;
    const listener: EventListener = {
      opened: (fresh) => {
        this.#linkIs('up');
        if (fresh || this.problem) void this.readAll();
      },
      event: (event) => this.#hear(event),
      broken: (forGood) => {
        if (forGood) this.#problem = forGood;
        this.#linkIs('down');
      },
    };
    this.#events = new EventLink(client, listener, pause);
  }

  get changed(): ISignal<this, StoreChange> {
    return this.#changed;
  }
  get launches(): ReadonlyMap<string, LaunchStory> {
    return this.#launches;
  }
  /** whether the launches were read once: before that there being none means nothing */
  get launchesKnown(): boolean {
    return this.#launchesKnown;
  }
  /** undefined until the server has told */
  get allocations(): AllocationList | undefined {
    return this.#allocations;
  }
  /** notebooks that were submitted, newest first; undefined until the server has told */
  get jobs(): readonly JobView[] | undefined {
    return this.#jobs;
  }
  get scan(): ScanState | undefined {
    return this.#scan;
  }
  get link(): LinkState {
    return this.#link;
  }
  /** whether nobody has answered for so long that what is shown may be old; a server that is started again is faster */
  get lost(): boolean {
    return this.#downSince !== undefined && Date.now() - this.#downSince > LOST_AFTER;
  }
  /** why everything could not be read; undefined when it could */
  get problem(): ServerProblem | undefined {
    return this.#problem ?? this.#jobsProblem;
  }
  /** the connection of the events, for whoever rests it while nobody looks */
  get events(): EventLink {
    return this.#events;
  }
  get isDisposed(): boolean {
    return this.#events.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.#events.dispose();
    Signal.clearData(this);
  }

  /** Read everything anew; what cannot be read stays as it was, and is tried again. What events tell meanwhile is applied after it. */
  async readAll(): Promise<void> {
    if (this.#held || this.isDisposed) return;
    this.#held = [];
    const [launches, allocations, scan] = await Promise.allSettled([
      this.#client.call('launches'),
      this.#client.call('allocations'),
      this.#client.call('scan'),
    ]);
    if (launches.status === 'fulfilled') {
      this.#launches = new Map(launches.value.launches.map((story) => [story.id, story]));
      this.#launchesKnown = true;
    }
    if (allocations.status === 'fulfilled') this.#allocations = allocations.value;
    if (scan.status === 'fulfilled') this.#scan = scan.value;
    const failed = [launches, allocations, scan].find((one) => one.status === 'rejected');
    this.#problem = failed && asProblem(failed.reason);
    const held = this.#held;
    this.#held = undefined;
    if (this.isDisposed) return;
    this.#tell('launches', 'allocations', 'scan', 'kernels');
    for (const event of held) this.#hear(event);
    if (this.#problem && !needsPerson(this.#problem)) void this.#readLater();
    void this.#readJobs();
  }

  /** After the rest: those of years may take long, and hold nothing else back. */
  async #readJobs(): Promise<void> {
    if (this.#heldJobs) {
      this.#jobsAgain = true;
      return;
    }
    this.#heldJobs = [];
    const [jobs] = await Promise.allSettled([this.#client.call('jobs')]);
    const held = this.#heldJobs;
    this.#heldJobs = undefined;
    if (this.isDisposed) return;
    this.#jobsProblem = jobs.status === 'rejected' ? asProblem(jobs.reason) : undefined;
    if (jobs.status === 'fulfilled') {
      this.#jobs = jobs.value.jobs;
      if (this.#problem === undefined) this.#failures = 0;
    }
    this.#tell('jobs');
    for (const event of held) this.#hear(event);
    const again = this.#jobsAgain;
    this.#jobsAgain = false;
    if (again) void this.#readJobs();
    else if (this.#jobsProblem && !needsPerson(this.#jobsProblem)) void this.#readLater();
  }

  /** Somebody asks for it: connect where that was given up, and read what could not be read. */
  tryAgain(): void {
    this.#events.start();
    if (this.problem) void this.readAll();
  }

  /** Read once more after a while, unless somebody has meanwhile, or nobody looks: then it is read on resuming. */
  async #readLater(): Promise<void> {
    if (this.#waits) return;
    this.#waits = true;
    await this.#pause(backOff(this.#failures++));
    this.#waits = false;
    if (!this.#events.active) return;
    if (this.#problem) await this.readAll();
    // the rest is read and followed: to read it again would have all views do so, catalogue and all
    else if (this.#jobsProblem && !this.#heldJobs) await this.#readJobs();
  }

  #hear(event: ServerEvent): void {
    const isJob = event.type === 'job' || event.type === 'job-forgotten';
    const held = (isJob && this.#heldJobs) || this.#held;
    if (held) held.push(event);
    else this.#apply(event);
  }

  #apply(event: ServerEvent): void {
    switch (event.type) {
      case 'launch': {
        const before = this.#launches.get(event.value.id);
        this.#launches = new Map(this.#launches).set(event.value.id, event.value);
        this.#changed.emit({ of: 'launch', story: event.value, before });
        return this.#tell('launches');
      }
      case 'launch-forgotten': {
        const launches = new Map(this.#launches);
        launches.delete(event.value.id);
        this.#launches = launches;
        return this.#tell('launches');
      }
      case 'launch-log':
        return void this.#changed.emit({ of: 'log', id: event.value.id });
      case 'allocations':
        this.#allocations = event.value;
        return this.#tell('allocations');
      case 'job-forgotten':
        this.#jobs = this.#jobs?.filter(({ id }) => id !== event.value.id);
        return this.#tell('jobs');
      case 'job': {
        const others = (this.#jobs ?? []).filter(({ id }) => id !== event.value.id);
        this.#jobs = [...others, event.value].sort((a, b) => b.submitted.localeCompare(a.submitted));
        return this.#tell('jobs');
      }
      case 'scan':
        this.#scan = event.value;
        return this.#tell('scan');
      case 'kernels':
      case 'kernelspecs':
        return this.#tell(event.type);
      case 'reset':
        void this.readAll();
        return;
      default:
        assertNever(event);
    }
  }

  #linkIs(link: LinkState): void {
    if (this.#link === link) return;
    this.#link = link;
    this.#downSince = link === 'down' ? Date.now() : undefined;
    this.#tell('link');
  }

  #tell(...parts: readonly Exclude<StoreChange['of'], 'launch' | 'log'>[]): void {
    for (const of of parts) this.#changed.emit({ of });
  }
}
