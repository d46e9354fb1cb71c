import { Failure, formatImageRef, type Config, type Source } from '@berth/schema';
import type { CredentialLookup } from '@berth/spawner/image';
import type { RunCommand } from '@berth/spawner/slurm';
import { publishCatalog, scan, type Catalog, type Readers } from '../catalog/index.ts';
import { foundIn, offersOf } from '../kernelspecs/index.ts';
import type { OfferedKernel } from '../sessions/index.ts';

export interface KeeperOptions {
  readonly config: () => Promise<Config>;
  readonly credentials: CredentialLookup;
  readonly run: RunCommand;
  readonly warn: (event: string, fields: Readonly<Record<string, string>>) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** Between two looks into all sources: unchanged layers cost nothing. Milliseconds. */
const EVERY = 300_000;
const AFTER_FAILURE = 60_000;

/** Looks into the sources for all people of the site, and publishes what they may see. */
export class SharedCatalogKeeper {
  readonly #options: KeeperOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #kernels: readonly OfferedKernel[] = [];
  #running: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#running = this.#look();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** of all sources, with their audiences */
  async kernels(): Promise<readonly OfferedKernel[]> {
    return this.#kernels;
  }

  async #look(): Promise<void> {
    let pause = EVERY;
    try {
      await this.#publish();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      pause = AFTER_FAILURE;
      this.#options.warn('catalog', { why: error instanceof Error ? error.message : String(error) });
    }
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => this.begin(), pause);
  }

  async #publish(): Promise<void> {
    const { credentials, now } = this.#options;
    const config = await this.#options.config();
    if (Object.keys(config.sources).length === 0) return;
    const { shared, ...catalogConfig } = config.catalog;
    // the very service that publishes looks itself
    const own = { ...config, catalog: catalogConfig };
    const catalog = await scan({ config: own, credentials, signal: this.#stop.signal, now });
    for (const source of catalog.sources)
      if (source.state !== 'listed')
        this.#options.warn('source', { alias: source.alias, why: source.failure.message });
    this.#kernels = offered(catalog, own);
    if (shared === undefined) return;
    const at = new Date(now()).toISOString();
    const failed = (alias: string, error: unknown): void =>
      this.#options.warn('publish', { alias, why: error instanceof Error ? error.message : String(error) });
    await publishCatalog(
      catalog,
      own,
      shared.directory,
      (alias) => this.#readersOf(config, alias),
      at,
      failed,
    );
  }

  async #readersOf(config: Config, alias: string): Promise<Readers> {
    const sources: Readonly<Record<string, Source>> = config.sources;
    const audience = sources[alias]?.audience;
    if (audience === undefined) return { gid: undefined };
    const { status, stdout } = await this.#options.run(['/usr/bin/getent', 'group', audience]);
    const [name, , gid = ''] = stdout.trim().split(':');
    if (status !== 0 || name !== audience || !/^[0-9]{1,10}$/.test(gid))
      throw new Failure('config-invalid', { file: `source ${alias}`, why: `there is no group ${audience}` });
    return { gid: Number(gid) };
  }
}

function offered(catalog: Catalog, config: Config): readonly OfferedKernel[] {
  return offersOf(foundIn(catalog, config))
    .filter(({ sameAs }) => sameAs === undefined)
    .map(({ name, displayName, image }) => ({
      name,
      title: displayName,
      image: formatImageRef(image.ref),
      audience: config.sources[image.ref.source]?.audience,
    }));
}
