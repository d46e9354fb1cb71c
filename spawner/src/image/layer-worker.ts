import { parentPort } from 'node:worker_threads';
import type { BlobSource } from './blob-source.ts';
import { scanLayer } from './index-layer.ts';
import { writeLayerCache } from './layer-cache.ts';
import { tellError, type FromWorker, type LayerTask, type ToWorker } from './layer-worker-protocol.ts';
import { openSource } from './open-source.ts';
import { given } from './source-secrets.ts';

/** Entry point of a worker thread: one task at a time, fetched here so that no blob crosses between threads. */
const port = parentPort;
if (port === null) throw new Error('layer-worker runs in a worker thread');

const BYTES_EVERY = 100;
let controller = new AbortController();
/** kept for its connections and tokens while tasks of the same source follow each other */
let kept: { readonly key: string; readonly source: BlobSource } | undefined;

port.on('message', (message: ToWorker) => {
  if (message.kind === 'cancel') controller.abort();
  else void run(message.task);
});

async function run(task: LayerTask): Promise<void> {
  controller = new AbortController();
  try {
    const json = await index(task, controller.signal);
    port?.postMessage({ kind: 'done', json } satisfies FromWorker, [json.buffer]);
  } catch (error) {
    port?.postMessage({ kind: 'failed', error: tellError(error) } satisfies FromWorker);
  }
}

async function index(task: LayerTask, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const { repository, layer, limits, cacheDirectory } = task;
  const counter = byteCounter();
  try {
    const json = await scanLayer(sourceOf(task), repository, layer, {
      limits,
      signal,
      onBytes: counter.add,
    });
    // a cache that cannot be written costs the next scan its time, not this one its result
    if (cacheDirectory !== undefined)
      await writeLayerCache(cacheDirectory, layer.digest, json).catch(() => undefined);
    return json;
  } finally {
    counter.flush();
  }
}

function sourceOf({ alias, config, secrets, limits }: LayerTask): BlobSource {
  const key = JSON.stringify([alias, config, secrets, limits]);
  if (kept?.key !== key) kept = { key, source: openSource(alias, config, { limits, ...given(secrets) }) };
  return kept.source;
}

/** Progress in steps that a screen can show, not one message a chunk. */
function byteCounter(): { readonly add: (bytes: number) => void; readonly flush: () => void } {
  let pending = 0;
  let told = performance.now();
  const flush = (): void => {
    if (pending > 0) port?.postMessage({ kind: 'bytes', bytes: pending } satisfies FromWorker);
    pending = 0;
    told = performance.now();
  };
  const add = (bytes: number): void => {
    pending += bytes;
    if (performance.now() - told >= BYTES_EVERY) flush();
  };
  return { add, flush };
}
