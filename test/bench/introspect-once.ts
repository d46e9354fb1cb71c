/** One measurement in a process of its own, so that its peak memory can be read: `ours|baseline URL REPOSITORY TAG CACHE`. */
import { Config, Limits, parseImageRef, RegistrySource } from '@berth/schema';
import { inspect } from '@berth/server/catalog';
import { openRegistry, parsePlatform, resolveImage } from '@berth/spawner/image';
import { scanBare } from './introspect-baseline.ts';

interface Found {
  readonly bytes: number;
  /** entries of all layers; ours counts what it was asked for */
  readonly entries?: number;
  readonly kernels?: number;
}

const [who, url = '', repository = '', tag = '', cache = ''] = process.argv.slice(2);
const ref = parseImageRef(`bench/${repository}:${tag}`);

const begin = performance.now();
const found = await (who === 'ours' ? ours() : bare());
const seconds = (performance.now() - begin) / 1000;
const megabytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, megabytes, ...found }));

/** From the registry to kernels, by the way that `berth images show` goes. */
async function ours(): Promise<Found> {
  const config = Config.parse({ sources: { bench: { type: 'registry', url } }, catalog: { cache } });
  let bytes = 0;
  const entry = await inspect(ref, {
    config,
    now: () => Date.now(),
    onProgress: (progress) => void (bytes = progress.bytes),
  });
  if (entry.state === 'failed') throw entry.failure;
  if (entry.kernels.length === 0) throw new Error('no kernel was found');
  return { bytes, kernels: entry.kernels.length };
}

async function bare(): Promise<Found> {
  const limits = Limits.parse({});
  const source = openRegistry('bench', RegistrySource.parse({ type: 'registry', url }), { limits });
  const options = { platform: parsePlatform('linux/amd64'), limits };
  const image = await resolveImage(source, ref, options);
  return scanBare(url, repository, image.layers);
}
