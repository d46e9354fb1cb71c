/** One measurement in a process of its own, so that its peak memory can be read: `ours|baseline URL REPOSITORY TAG CACHE`. */
import { Limits, parseImageRef, RegistrySource } from '@berth/schema';
import {
  indexImage,
  layerIndexer,
  mergeLayers,
  openRegistry,
  parsePlatform,
  resolveImage,
} from '@berth/spawner/image';
import { scanBare } from './introspect-baseline.ts';

const [who, url = '', repository = '', tag = '', cacheDirectory = ''] = process.argv.slice(2);
const config = RegistrySource.parse({ type: 'registry', url });
const limits = Limits.parse({});
const source = openRegistry('bench', config, { limits });
const ref = parseImageRef(`bench/${repository}:${tag}`);
const options = { platform: parsePlatform('linux/amd64'), limits };

const begin = performance.now();
const image = await resolveImage(source, ref, options);
const found = who === 'ours' ? await ours() : await scanBare(url, repository, image.layers);
const seconds = (performance.now() - begin) / 1000;
const megabytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, megabytes, ...found }));

/** Registry to merged tree: all that stands before kernels are looked for. */
async function ours(): Promise<{ readonly entries: number; readonly bytes: number }> {
  const indexer = layerIndexer({ workers: 2, cacheDirectory, limits });
  let bytes = 0;
  const onBytes = (more: number): void => void (bytes += more);
  const place = { alias: 'bench', config };
  const indexes = await indexImage(indexer, place, image, { onBytes });
  const tree = mergeLayers(indexes);
  await indexer.close();
  if (tree.node('usr') === undefined) throw new Error('the merged tree has no /usr');
  return { entries: indexes.reduce((sum, index) => sum + index.entries.length, 0), bytes };
}
