import { formatImageRef, type Config } from '@berth/schema';
import type { KernelDetail, KernelEntry, KernelPage, KernelQuery, Troubles } from '@berth/schema/rest';
import { createHash } from 'node:crypto';
import type { Catalog } from '../catalog/index.ts';
import { foundIn, offersOf, type Offer } from '../kernelspecs/index.ts';
import { listed, pageOf, type Listed } from './pages.ts';
import { troublesOf } from './troubles.ts';

/** Pages that are kept as they were answered, of this state of the catalogue. */
const PAGES = 50;

/** One state of the catalogue, ready to be shown; never changes. */
export class KnownKernels {
  /** the configuration under which it was made */
  readonly config: Config;
  /** names of the kernelspecs that are written */
  readonly written: ReadonlySet<string>;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly troubles: Troubles;
  /** the same whenever the same is listed, also after a restart */
  readonly revision: string;
  readonly #listed: readonly Listed[];
  readonly #pages = new Map<string, KernelPage>();

  private constructor(
    config: Config,
    written: ReadonlySet<string>,
    offers: ReadonlyMap<string, Offer>,
    troubles: Troubles,
  ) {
    this.config = config;
    this.written = written;
    this.offers = offers;
    this.troubles = troubles;
    this.#listed = listed([...offers.values()].map((offer) => entryOf(offer, written)));
    const text = JSON.stringify([this.#listed.map(({ entry }) => entry), troubles]);
    this.revision = createHash('sha256').update(text).digest('hex').slice(0, 16);
  }

  static of(catalog: Catalog, config: Config, written: ReadonlySet<string>): KnownKernels {
    const offers = offersOf(foundIn(catalog, config)).map((offer) => [offer.name, lean(offer)] as const);
    return new KnownKernels(config, written, new Map(offers), troublesOf(catalog));
  }

  /** The same kernels, other kernelspecs. */
  withWritten(written: ReadonlySet<string>): KnownKernels {
    return new KnownKernels(this.config, written, this.offers, this.troubles);
  }

  /** The same object for the same query. @throws Failure `request-invalid` */
  page(query: KernelQuery): KernelPage {
    const key = JSON.stringify([query.search, query.language, query.offered, query.cursor, query.limit]);
    const page = this.#pages.get(key) ?? pageOf(this.#listed, this.revision, query);
    // the newest last, so that the first is the one that was not asked for longest
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > PAGES && oldest !== undefined) this.#pages.delete(oldest);
    return page;
  }

  detail(name: string): KernelDetail | undefined {
    const offer = this.offers.get(name);
    if (offer === undefined) return undefined;
    const { image, kernel } = offer;
    return {
      entry: entryOf(offer, this.written),
      digest: image.digest,
      argv: kernel.argv,
      prefix: kernel.prefix,
      ...(kernel.interpreter === undefined ? {} : { interpreter: kernel.interpreter.path }),
      ...(kernel.interpreter?.version === undefined ? {} : { version: kernel.interpreter.version }),
      ...(image.config.created === undefined ? {} : { created: image.config.created }),
      bytes: image.layers.reduce((sum, { size }) => sum + size, 0),
      evidence: kernel.evidence,
    };
  }
}

/** Pictures are the most of a kernel, and are read again when its kernelspec is written. */
const lean = (offer: Offer): Offer => ({ ...offer, kernel: { ...offer.kernel, logos: {} } });

const entryOf = (
  { name, displayName, image, kernel, sameAs }: Offer,
  written: ReadonlySet<string>,
): KernelEntry => ({
  name,
  displayName,
  language: kernel.language,
  image: formatImageRef(image.ref),
  offered: written.has(name),
  ...(sameAs === undefined ? {} : { sameAs }),
});
