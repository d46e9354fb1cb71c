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
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  cachedKernels,
  lastKnown,
  scan,
  sharedState,
  type Catalog,
  type LastKnown,
  type ScanProgress,
} from '../catalog/index.ts';
import {
  orNotWritten,
  ownSpecs,
  removeSpec,
  setWithdrawn,
  specFiles,
  specOwner,
  syncKernelSpecs,
  writeSpec,
} from '../kernelspecs/index.ts';
import type { KernelGallery } from '../routes/services.ts';
import type { GalleryOptions } from './gallery-options.ts';
import { KnownKernels } from './known-kernels.ts';
import { ScanRunner } from './scan-runner.ts';

interface Loaded {
  readonly known: KnownKernels;
  readonly last: LastKnown;
}

/** A catalogue older than this is looked at anew when the server starts. Milliseconds. */
const FRESH = 3_600_000;
/** Kernelspecs that could not be written are tried again after this and ever more seldom. Milliseconds. */
const AGAIN = { first: 20_000, longest: 600_000 };
/** How often we look whether somebody else has written kernelspecs ("berth kernels sync"). Milliseconds. */
const LOOK_EVERY = 1_000;
/** As coarse as a file system may tell the time of a change. Milliseconds. */
const TICK = 2_000;
/** How long a page waits for that. Milliseconds. */
const PATIENCE = 1_000;

/** The catalogue that stands: from disk at once, renewed by scans; and the kernelspecs that are made of it. */
export class Gallery implements KernelGallery {
  readonly #options: GalleryOptions;
  readonly #runner: ScanRunner;
  #known: KnownKernels | undefined;
  #followed: Config | undefined;
  /** of what is published, as it was last seen */
  #shared: string | undefined;
  #failed: { readonly config: Config; readonly wait: number; readonly until: number } | undefined;
  #loading: { readonly config: Config; readonly loaded: Promise<Loaded> } | undefined;
  readonly #looked = { at: -Infinity, changed: 0 };
  #looking: Promise<void> | undefined;
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
    // a failure of its own is told by every request that needs it; looked at again when it is mended
    const config = await current().catch(() => undefined);
    if (config === undefined) this.#followed = undefined;
    if (config === undefined) return;
    if (this.#followed === config) return this.#followShared(config);
    const failed = this.#failed?.config === config ? this.#failed : undefined;
    if (failed !== undefined && now() < failed.until) return;
    this.#followed = config;
    try {
      const { catalog, at } = (await this.#load(config)).last;
      if (at !== undefined) this.#runner.remember({ at, ...countsOf(catalog) });
      if (at !== undefined && now() - Date.parse(at) < FRESH) await this.#sync(catalog, config);
      else this.#runner.start();
      if (failed !== undefined) this.#runner.heal();
      this.#failed = undefined;
    } catch (error) {
      this.#followed = undefined;
      const wait = Math.min(failed === undefined ? AGAIN.first : 2 * failed.wait, AGAIN.longest);
      this.#failed = { config, wait, until: now() + wait };
      this.#runner.fail(error);
      this.#options.onTrouble(error);
    }
  }

  /** What the site service publishes anew is shown without a word of anybody. */
  async #followShared(config: Config): Promise<void> {
    const { shared } = config.catalog;
    if (shared === undefined) return;
    const state = await sharedState(config, shared);
    if (this.#shared !== undefined && this.#shared !== state) this.#runner.start();
    this.#shared = state;
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
    await this.#inTurn(config, async () => {
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
    await this.#inTurn(config, async () => {
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
    const report = await this.#inTurn(config, () =>
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
    this.#looked.at = now;
    this.#looking ??= this.#lookAtDirectory(config).finally(() => (this.#looking = undefined));
    // the catalogue needs no home: one that hangs is not waited for, and holds one thread
    await Promise.race([this.#looking, wait(PATIENCE, undefined, { ref: false })]);
    return this.#known ?? known;
  }

  async #lookAtDirectory({ kernels }: Config): Promise<void> {
    const changed = (await stat(kernels.directory).catch(() => undefined))?.mtimeMs ?? 0;
    if (changed === this.#looked.changed) return;
    // another change may follow within the same tick of the file system's clock
    this.#looked.changed = Math.abs(Date.now() - changed) < TICK ? 0 : changed;
    await this.#lookAtSpecs();
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

  /** @throws Failure `kernelspec-not-written` */
  #inTurn<T>({ kernels }: Config, work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => orNotWritten(kernels.directory, work));
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
