import { Failure, isFailure } from '@berth/schema';
import type { ScanResult, ScanState } from '@berth/schema/rest';
import type { ScanProgress } from '../catalog/index.ts';

export type ScanEnd = 'done' | 'failed' | 'cancelled';

export interface ScanRunnerOptions {
  /** look into everything; what it found as numbers */
  readonly work: (
    signal: AbortSignal,
    onProgress: (progress: ScanProgress) => void,
  ) => Promise<Omit<ScanResult, 'at'>>;
  readonly onState: (state: ScanState) => void;
  readonly onEnd: (end: ScanEnd, error?: unknown) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** Milliseconds between two tellings of how far it is. */
const TELL_EVERY = 300;

interface Run {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** At most one look into all sources at a time, and how it stands. */
export class ScanRunner {
  readonly #options: ScanRunnerOptions;
  #state: ScanState = { state: 'idle' };
  #run: Run | undefined;
  #told = -Infinity;

  constructor(options: ScanRunnerOptions) {
    this.#options = options;
  }

  get state(): ScanState {
    return this.#state;
  }

  /** What an earlier process found; known from disk. */
  remember(last: ScanResult): void {
    if (this.#state.state === 'idle') this.#state = { state: 'idle', last };
  }

  /** What follows a scan has failed without one; it is told in the same place. */
  fail(error: unknown): void {
    if (this.#run === undefined) this.#tell(this.#failed(error));
  }

  /** It is mended. */
  heal(): void {
    if (this.#run === undefined && this.#state.state === 'failed')
      this.#tell({ state: 'idle', ...this.#last() });
  }

  /** One that is under way goes on. */
  start(): ScanState {
    if (this.#run !== undefined) return this.#state;
    const controller = new AbortController();
    const began = this.#at();
    this.#tell({ state: 'running', began, images: 0, done: 0, bytes: 0, ...this.#last() });
    const ended = this.#look(controller.signal, began).finally(() => (this.#run = undefined));
    this.#run = { controller, ended };
    return this.#state;
  }

  /** Resolves when none is under way any more. */
  async stop(): Promise<void> {
    const run = this.#run;
    run?.controller.abort();
    await run?.ended;
  }

  async #look(signal: AbortSignal, began: string): Promise<void> {
    const { work, onEnd, now } = this.#options;
    const onProgress = (progress: ScanProgress): void => {
      const state = { state: 'running' as const, began, ...progress, ...this.#last() };
      if (now() - this.#told >= TELL_EVERY) this.#tell(state);
      else this.#state = state;
    };
    try {
      const found = await work(signal, onProgress);
      this.#tell({ state: 'idle', last: { at: this.#at(), ...found } });
      onEnd('done');
    } catch (error) {
      const cancelled = signal.aborted || isFailure(error, 'cancelled');
      this.#tell(cancelled ? { state: 'idle', ...this.#last() } : this.#failed(error));
      onEnd(cancelled ? 'cancelled' : 'failed', error);
    }
  }

  #failed(error: unknown): ScanState {
    const failure = isFailure(error) ? error : new Failure('fault', { at: this.#at() }, { cause: error });
    return { state: 'failed', at: this.#at(), problem: failure.toProblem(), ...this.#last() };
  }

  #last(): { readonly last?: ScanResult } {
    return this.#state.last === undefined ? {} : { last: this.#state.last };
  }

  #at(): string {
    return new Date(this.#options.now()).toISOString();
  }

  #tell(state: ScanState): void {
    this.#told = this.#options.now();
    this.#state = state;
    this.#options.onState(state);
  }
}
