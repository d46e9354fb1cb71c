import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildImages, pushImages } from '../images/images.ts';
import { ownRegistry } from '../images/own-registry.ts';
import { paired, result, type Report } from './paired.ts';

const ROUNDS = 7;
const IMAGE = 'science-python';
const ONCE = join(import.meta.dirname, 'introspect-once.ts');
const WORKER = join(import.meta.dirname, '../../spawner/src/image/layer-worker.ts');

interface Once {
  readonly seconds: number;
  readonly megabytes: number;
  readonly bytes: number;
  readonly entries?: number;
  readonly kernels?: number;
}

/** How long it takes to look into an image, what that costs in memory, and what the second look fetches. */
export async function bench(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-bench-'));
  const registry = await ownRegistry();
  try {
    const [image] = await buildImages({ only: [IMAGE], onProgress: (line) => console.error(line) });
    if (image === undefined) throw new Error(`there is no image ${IMAGE}`);
    await pushImages([image], registry.host);
    const once = (who: string, cache: string): Promise<Once> =>
      measureOnce(directory, [
        who,
        `http://${registry.host}`,
        image.repository,
        image.tags[0] ?? '',
        join(directory, cache),
      ]);
    await bundle(directory);
    let round = 0;
    const cold = await paired(
      ROUNDS,
      () => once('ours', `cold-${(round += 1)}`),
      () => once('baseline', ''),
    );
    const warm: Once[] = [];
    for (let again = 0; again < ROUNDS; again += 1) warm.push(await once('ours', 'cold-1'));
    return { n: ROUNDS, results: results(cold, warm), notes: [note(cold.ours[0], cold.baseline[0])] };
  } finally {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function results(
  cold: { readonly ours: readonly Once[]; readonly baseline: readonly Once[] },
  warm: readonly Once[],
): Report['results'] {
  const pick = (runs: readonly Once[], key: 'seconds' | 'megabytes' | 'bytes'): number[] =>
    runs.map((run) => run[key]);
  return [
    result('cold-gzip', 's', pick(cold.ours, 'seconds'), pick(cold.baseline, 'seconds')),
    result('cold-gzip-peak-rss', 'MiB', pick(cold.ours, 'megabytes'), pick(cold.baseline, 'megabytes')),
    result('warm', 's', pick(warm, 'seconds'), pick(cold.ours, 'seconds')),
    result('warm-layer-bytes', 'bytes', pick(warm, 'bytes'), pick(cold.ours, 'bytes')),
  ];
}

const note = (ours: Once | undefined, bare: Once | undefined): string =>
  `one image of ${((bare?.bytes ?? 0) / 1e6).toFixed(0)} MB compressed, ${bare?.entries} entries, ` +
  `${ours?.kernels} kernels found, by the way of "berth images show"; ` +
  'the baseline of the warm cases is our own cold scan';

/** Both sides bundled, as the product is: types stripped at every start would be measured otherwise. */
async function bundle(directory: string): Promise<void> {
  await build({
    entryPoints: { once: ONCE, 'layer-worker': WORKER },
    outdir: directory,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['berth-source'],
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
}

async function measureOnce(directory: string, args: readonly string[]): Promise<Once> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(directory, 'once.mjs'), ...args]);
  return JSON.parse(stdout) as Once;
}
