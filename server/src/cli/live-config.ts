import { Failure, isFailure, type Config } from '@berth/schema';
import { stat } from 'node:fs/promises';
import { configCandidates, loadConfig, type ConfigPlace, type LoadedConfig } from './config-file.ts';
import { demandSources } from './scan-images.ts';

/** How often the file is looked at. Milliseconds. */
const LOOK_EVERY = 1_000;
/** A home that does not answer within this is not waited for, as long as a configuration is known. Milliseconds. */
const PATIENCE = 1_500;
/** Failures of the moment, not of the file. */
const PASSING: ReadonlySet<unknown> = new Set(
  'EMFILE ENFILE ENOMEM EIO ESTALE ETIMEDOUT EHOSTDOWN EKEYEXPIRED EINTR EAGAIN'.split(' '),
);

export interface LiveConfigOptions {
  readonly load?: (place: ConfigPlace) => Promise<LoadedConfig>;
  /** milliseconds */
  readonly patience?: number;
}

type Answer = { readonly loaded: LoadedConfig } | { readonly failure: unknown };

/**
 * The configuration of a process that lives long: read anew when its file has changed, appeared or gone. While the file cannot
 * be read because of the moment (no descriptor left, a hung home) the last good one stays in force.
 */
export class LiveConfig {
  readonly #place: ConfigPlace;
  readonly #now: () => number;
  readonly #load: (place: ConfigPlace) => Promise<LoadedConfig>;
  readonly #patience: number;
  #looked = -Infinity;
  /** of the file whose content `#answer` is; undefined when it has to be read again in any case */
  #state: string | undefined;
  #answer: Answer | undefined;
  /** one look at a time, so that a hung home holds one thread and not all */
  #looking: Promise<void> | undefined;
  #hangs = false;

  /** @param now monotonic milliseconds */
  constructor(
    place: ConfigPlace,
    now: () => number,
    { load = loadConfig, patience = PATIENCE }: LiveConfigOptions = {},
  ) {
    this.#place = place;
    this.#now = now;
    this.#load = load;
    this.#patience = patience;
  }

  /** The same object while the file has not changed. @throws Failure `config-missing`, `config-invalid` */
  readonly load = async (): Promise<LoadedConfig> => {
    if (this.#answer === undefined || this.#now() - this.#looked >= LOOK_EVERY) await this.#lookInTime();
    if (this.#answer === undefined)
      throw new Failure('config-invalid', { file: this.#names(), why: 'its file system does not answer' });
    if ('failure' in this.#answer) throw this.#answer.failure;
    return this.#answer.loaded;
  };

  readonly config = async (): Promise<Config> => (await this.load()).config;

  /** Before a scan. @throws Failure `config-invalid` */
  readonly demandSources = (config: Config): void => demandSources(config, this.#names());

  #names(): string {
    return configCandidates(this.#place).join(' or ');
  }

  async #lookInTime(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#hangs = false;
    });
    // the first who asks has waited for all
    if (this.#hangs) return;
    const looking = this.#looking;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        if (this.#looking === looking) this.#hangs = true;
        resolve();
      }, this.#patience);
    });
    await Promise.race([looking, late]);
    clearTimeout(timer);
  }

  async #look(): Promise<void> {
    this.#looked = this.#now();
    const state = await this.#stateOf();
    if (this.#answer !== undefined && state === this.#state) return;
    try {
      this.#answer = { loaded: await this.#load(this.#place) };
      this.#state = state;
    } catch (failure) {
      const code = errnoOf(failure);
      // what is wrong with the content stays so until the file changes
      this.#state = code === undefined ? state : undefined;
      const stays = PASSING.has(code) && this.#answer !== undefined && 'loaded' in this.#answer;
      if (!stays) this.#answer = { failure };
    }
  }

  /** What tells one state of the file from another. */
  async #stateOf(): Promise<string> {
    const stats = await Promise.all(
      configCandidates(this.#place).map((file) => stat(file, { bigint: true }).catch(() => undefined)),
    );
    return stats.map((one) => (one ? [one.ino, one.size, one.mtimeNs, one.ctimeNs].join() : '-')).join(';');
  }
}

/** The system's word for why a file could not be read; undefined when it was read and is not in order, or is not there. */
function errnoOf(error: unknown): unknown {
  const cause = isFailure(error) ? error.cause : error;
  if (typeof cause !== 'object' || cause === null || !('errno' in cause)) return undefined;
  return (cause as NodeJS.ErrnoException).code;
}
