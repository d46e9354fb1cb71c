import { formatImageRef, shortDigest } from '@berth/schema';
import { scan, type Catalog, type CatalogEntry } from '../../catalog/index.ts';
import { kernelTitle } from '../../kernelspecs/index.ts';
import { jsonText } from '../json-text.ts';
import {
  demandSources,
  exitStatusOf,
  noteTroubles,
  refPattern,
  scanOptions,
  sourcePattern,
} from '../scan-images.ts';
import { bytesText, tableText } from '../table-text.ts';
import type { Verb } from '../verb.ts';

export const imagesLs: Verb = {
  help: {
    usage: '[PATTERN]',
    about:
      'Lists the images of all sources with their kernels. PATTERN is a part of SOURCE/REPOSITORY, or a whole SOURCE/REPOSITORY[:TAG] with "*" for any characters.',
    options: {},
    positionals: { least: 0, most: 1 },
  },
  run: async (context, typed) => {
    const { file, config } = await context.loadConfig();
    demandSources(config, file);
    const fits = refPattern(typed.positionals[0]);
    const catalog = await scan(scanOptions(context, config));
    const entries = catalog.entries.filter(({ ref }) => fits(ref));
    noteTroubles({ ...catalog, entries }, context.note);
    context.progress.done();
    if (context.json) await context.print(jsonText(entries.map(summary)));
    else if (entries.length === 0) context.note(nothing(catalog, typed.positionals[0]));
    else await context.print(tableText(['IMAGE', 'DIGEST', 'SIZE', 'KERNELS'], entries.map(row)));
    return exitStatusOf(catalog, sourcePattern(typed.positionals[0], Object.keys(config.sources)));
  },
};

/** Where sources are silent that was said, and whether there is an image nobody knows. */
function nothing({ sources }: Catalog, pattern: string | undefined): string {
  const all = sources.every(({ state }) => state === 'listed') ? '' : ' that is known';
  return pattern === undefined
    ? `There is no image${all}.`
    : `There is no image${all} that fits "${pattern}".`;
}

const sizeOf = (entry: CatalogEntry & { state: 'found' }): number =>
  entry.image.layers.reduce((sum, { size }) => sum + size, 0);

function row(entry: CatalogEntry): readonly string[] {
  const name = formatImageRef(entry.ref);
  if (entry.state === 'failed') return [name, '-', '-', `failed: ${entry.failure.code}`];
  const kernels = entry.kernels.map((kernel) => kernelTitle(kernel)).join(', ') || '-';
  return [name, shortDigest(entry.image.digest), bytesText(sizeOf(entry)), kernels];
}

function summary(entry: CatalogEntry): object {
  const image = formatImageRef(entry.ref);
  if (entry.state === 'failed') return { image, failure: entry.failure.toProblem() };
  return {
    image,
    digest: entry.image.digest,
    size: sizeOf(entry),
    kernels: entry.kernels.map(({ id, language, displayName }) => ({ id, language, displayName })),
  };
}
