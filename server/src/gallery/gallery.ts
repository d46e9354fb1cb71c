import { Failure, type Config } from '@berth/schema';
import type {
  KernelDetail,
  KernelPage,
  KernelQuery,
  ProfileList,
  ScanResult,
  ScanState,
  Troubles,
} from '@berth/schema/rest';
import type { CredentialLookup } from '@berth/spawner/image';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cachedKernels,
  lastKnown,
  scan,
  type Catalog,
  type LastKnown,
  type ScanProgress,
} from '../catalog/index.ts';
import {
  ownSpecs,
  removeSpec,
  setWithdrawn,
  specFiles,
  specOwner,
  syncKernelSpecs,
  writeSpec,
} from '../kernelspecs/index.ts';
import type { KernelGallery, Publish } from '../routes/services.ts';
import { KnownKernels } from './known-kernels.ts';
import { ScanRunner, type ScanEnd } from './scan-runner.ts';

export interface GalleryOptions {
  /** the configuration in force, the same object while it has not changed. @throws Failure `config-missing`, `config-invalid` */
  readonly config: () => Promise<Config>;
  /** before a scan. @throws Failure when the configuration names nothing to look into */
  readonly demandSources: (config: Config) => void;
  /** what kernelspecs are written with: the configuration, completed by what the cluster says */
  readonly complete: (config: Config) => Promise<Config>;
  readonly credentials: CredentialLookup;
  /** the `berth` command, absolute */
  readonly berth: string;
  readonly publish: Publish;
  readonly onScanEnd: (end: ScanEnd, error?: unknown) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

interface Loaded {
  readonly known: KnownKernels;
  readonly last: LastKnown;
}

/** A catalogue older than this is looked at anew when the server starts. Milliseconds. */
const FRESH = 3_600_000;
/** How often we look whether somebody else has written kernelspecs ("berth kernels sync"). Milliseconds. */
const LOOK_EVERY = 1_000;

/** The catalogue that stands: from disk at once, renewed by scans; and the kernelspecs that are made of it. */
export class Gallery implements KernelGallery {
  readonly #options: GalleryOptions;
  readonly #runner: ScanRunner;
  #known: KnownKernels | undefined;
  #followed: Config | undefined;
  #loading: { readonly config: Config; readonly loaded: Promise<Loaded> } | undefined;
  #looked = { at: -Infinity, changed: 0 };
  /** whatever writes kernelspecs, one after the other */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: GalleryOptions) {
    this.#options = options;
    this.#runner = new ScanRunner({
      work: (signal, onProgress) => this.#scan(signal, onProgress),
      onState: (value) => options.publish({ type: 'scan', value }),
      onEnd: options.onScanEnd,
      now: options.now,
    });
  }

  /**
   * To be called at the start and now and then: under a configuration that is new, load what is known, bring the kernelspecs to
   * it, and look into the sources when that is long ago. Never throws.
   */
  async follow(): Promise<void> {
    const { config: current, now } = this.#options;
    try {
      const config = await current();
      if (this.#followed === config) return;
      this.#followed = config;
      const { catalog, at } = (await this.#load(config)).last;
      if (at !== undefined) this.#runner.remember({ at, ...countsOf(catalog) });
      if (at !== undefined && now() - Date.parse(at) < FRESH) await this.#sync(catalog, config);
      else this.#runner.start();
    } catch {
      // told by every request that needs it; looked at again when it is mended
      this.#followed = undefined;
    }
  }

  async page(query: KernelQuery): Promise<KernelPage> {
    return (await this.#current()).page(query);
  }

  async detail(name: string): Promise<KernelDetail> {
    return (await this.#current()).detail(name) ?? unknown(name);
  }

  async troubles(): Promise<Troubles> {
    return (await this.#current()).troubles;
  }

  /** Profiles in the order of the configuration. */
  readonly profiles = async (): Promise<ProfileList> => {
    const { profiles, defaultProfile } = await this.#options.config();
    return {
      profiles: Object.entries(profiles).map(([name, profile]) => ({ name, profile })),
      ...(defaultProfile === undefined ? {} : { standard: defaultProfile }),
    };
  };

  async offer(name: string): Promise<void> {
    const { config, offers } = await this.#current();
    const offer = offers.get(name) ?? unknown(name);
    const { directory } = config.kernels;
    const found = await cachedKernels(offer.image, config.catalog);
    const kernel = found?.kernels.find(({ id }) => id === offer.kernel.id) ?? offer.kernel;
    const place = { directory, berth: this.#options.berth };
    const files = specFiles({ ...offer, kernel }, await this.#options.complete(config), place);
    await this.#inTurn(async () => {
      await mkdir(directory, { recursive: true });
      // first, so that a sync of another process does not remove what is written now
      await setWithdrawn(directory, name, false);
      if ((await writeSpec(directory, name, files)) === 'foreign') foreign(directory, name);
    });
    await this.#specsChanged();
  }

  async withdraw(name: string): Promise<void> {
    const { config, offers } = await this.#current();
    const { directory } = config.kernels;
    if (!offers.has(name) && !(await writtenIn(config)).has(name)) unknown(name);
    await this.#inTurn(async () => {
      if ((await specOwner(join(directory, name))) === 'foreign') foreign(directory, name);
      await setWithdrawn(directory, name, true);
      await removeSpec(directory, name);
    });
    await this.#specsChanged();
  }

  scan(): ScanState {
    return this.#runner.state;
  }

  async startScan(): Promise<ScanState> {
    return this.#runner.start();
  }

  stopScan(): Promise<void> {
    return this.#runner.stop();
  }

  async #scan(
    signal: AbortSignal,
    onProgress: (progress: ScanProgress) => void,
  ): Promise<Omit<ScanResult, 'at'>> {
    const { credentials, now } = this.#options;
    const config = await this.#options.config();
    this.#options.demandSources(config);
    const catalog = await scan({ config, credentials, signal, onProgress, now });
    this.#take(KnownKernels.of(catalog, config, await writtenIn(config)));
    await this.#sync(catalog, config, signal);
    return countsOf(catalog);
  }

  /** Kernelspecs as `berth kernels sync` leaves them. */
  async #sync(catalog: Catalog, config: Config, signal?: AbortSignal): Promise<void> {
    const { berth, complete, now } = this.#options;
    // which may ask Slurm: nobody waits for that in the queue
    const completed = await complete(config);
    const report = await this.#inTurn(() =>
      syncKernelSpecs({
        catalog,
        config: completed,
        berth,
        all: false,
        wanted: () => false,
        ...(signal === undefined ? {} : { signal }),
        now,
      }),
    );
    if (report.written.length + report.removed.length > 0) await this.#specsChanged();
  }

  /** What is known under the configuration in force, with the kernelspecs that are there now. */
  async #current(): Promise<KnownKernels> {
    const config = await this.#options.config();
    const known = this.#known?.config === config ? this.#known : (await this.#load(config)).known;
    const now = this.#options.now();
    if (now - this.#looked.at < LOOK_EVERY) return known;
    const changed = (await stat(config.kernels.directory).catch(() => undefined))?.mtimeMs ?? 0;
    const before = this.#looked.changed;
    this.#looked = { at: now, changed };
    if (changed !== before) await this.#lookAtSpecs();
    return this.#known ?? known;
  }

  /** From disk, once for all who ask meanwhile. */
  #load(config: Config): Promise<Loaded> {
    if (this.#loading?.config !== config) {
      const loaded = this.#read(config).finally(() => {
        // its pictures are of no more use
        if (this.#loading?.loaded === loaded) this.#loading = undefined;
      });
      this.#loading = { config, loaded };
    }
    return this.#loading.loaded;
  }

  async #read(config: Config): Promise<Loaded> {
    const last = await lastKnown(config);
    const known = KnownKernels.of(last.catalog, config, await writtenIn(config));
    // a scan may have been quicker
    if (this.#known?.config !== config) this.#take(known);
    return { known: this.#known ?? known, last };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #specsChanged(): Promise<void> {
    await this.#lookAtSpecs();
    this.#options.publish({ type: 'kernelspecs', value: {} });
  }

  async #lookAtSpecs(): Promise<void> {
    const known = this.#known;
    if (known === undefined) return;
    const written = await writtenIn(known.config);
    if (this.#known === known && !same(written, known.written)) this.#take(known.withWritten(written));
  }

  #take(known: KnownKernels): void {
    const before = this.#known?.revision;
    this.#known = known;
    const { revision } = known;
    if (revision !== before) this.#options.publish({ type: 'kernels', value: { revision } });
  }
}

const writtenIn = async ({ kernels }: Config): Promise<ReadonlySet<string>> =>
  new Set(await ownSpecs(kernels.directory));

const same = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((name) => b.has(name));

const countsOf = ({ entries }: Catalog): Omit<ScanResult, 'at'> => ({
  images: entries.length,
  kernels: entries.reduce((sum, entry) => sum + (entry.state === 'found' ? entry.kernels.length : 0), 0),
  failed: entries.filter(({ state }) => state === 'failed').length,
});

function unknown(name: string): never {
  throw new Failure('kernel-unknown', { name });
}

function foreign(directory: string, name: string): never {
  throw new Failure('kernelspec-foreign', { path: join(directory, name) });
}
