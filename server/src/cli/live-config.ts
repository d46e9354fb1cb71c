import { Failure, type Config } from '@berth/schema';
import { stat } from 'node:fs/promises';
import { configCandidates, loadConfig, type ConfigPlace, type LoadedConfig } from './config-file.ts';

/** How often the file is looked at. Milliseconds. */
const LOOK_EVERY = 1_000;

/** The configuration of a process that lives long: read anew when its file has changed, appeared or gone. */
export class LiveConfig {
  readonly #place: ConfigPlace;
  readonly #now: () => number;
  #looked = -Infinity;
  #state = '';
  #loaded: Promise<LoadedConfig> | undefined;

  /** @param now monotonic milliseconds */
  constructor(place: ConfigPlace, now: () => number) {
    this.#place = place;
    this.#now = now;
  }

  /** The same object while the file has not changed. @throws Failure `config-missing`, `config-invalid` */
  readonly load = async (): Promise<LoadedConfig> => {
    if (this.#loaded !== undefined && this.#now() - this.#looked < LOOK_EVERY) return this.#loaded;
    this.#looked = this.#now();
    const state = await this.#stateOf();
    if (this.#loaded === undefined || state !== this.#state) {
      this.#state = state;
      this.#loaded = loadConfig(this.#place);
      // whoever asks is told; that nobody asks is no fault
      this.#loaded.catch(() => undefined);
    }
    return this.#loaded;
  };

  readonly config = async (): Promise<Config> => (await this.load()).config;

  /** Before a scan. @throws Failure `config-invalid` */
  readonly demandSources = (config: Config): void => {
    if (Object.keys(config.sources).length > 0) return;
    const file = configCandidates(this.#place).join(' or ');
    throw new Failure('config-invalid', { file, why: 'it names no source under "sources"' });
  };

  /** What tells one state of the file from another. */
  async #stateOf(): Promise<string> {
    const stats = await Promise.all(
      configCandidates(this.#place).map((file) => stat(file, { bigint: true }).catch(() => undefined)),
    );
    return stats.map((one) => (one ? [one.ino, one.size, one.mtimeNs, one.ctimeNs].join() : '-')).join(';');
  }
}
