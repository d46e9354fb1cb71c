import { Worker } from 'node:worker_threads';
import { Failure, type LayerIndex } from '@berth/schema';
import { ownLayerIndex, type LayerIndexerCall } from './index-layer.ts';
import { untellError, type FromWorker, type LayerTask, type ToWorker } from './layer-worker-protocol.ts';

/** Sources run as they are; the product's bundle has the worker beside it. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const WORKER = new URL(IS_SOURCE ? './layer-worker.ts' : './layer-worker.mjs', import.meta.url);

/**
 * A thread's heap in MiB; what needs more is no layer that anyone made on purpose (T22). The small young generation is
 * collected often, and the buffers of 256 KiB that hang on it with it: a third less memory for a twentieth of the time.
 */
const HEAP = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 4 };
/** A thread that does not end by itself after a cancel, milliseconds. */
const CANCEL_GRACE = 1000;

interface Thread {
  readonly worker: Worker;
  busy: boolean;
}

/** Up to `size` threads, started when needed; tasks wait for a free one in order. */
export class WorkerPool {
  readonly #size: number;
  #threads: readonly Thread[] = [];
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(size: number) {
    this.#size = size;
  }

  async run(task: LayerTask, call: LayerIndexerCall): Promise<LayerIndex> {
    const thread = await this.#free(call.signal);
    thread.worker.ref();
    try {
      return await this.#perform(thread, task, call);
    } finally {
      thread.busy = false;
      // an idle thread does not keep the process
      thread.worker.unref();
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = this.#threads;
    this.#threads = [];
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  async #free(signal: AbortSignal | undefined): Promise<Thread> {
    for (;;) {
      if (this.#closed || signal?.aborted) {
        this.#waiting.shift()?.();
        throw new Failure('cancelled', {});
      }
      const idle = this.#threads.find(({ busy }) => !busy) ?? this.#start();
      if (idle !== undefined) {
        idle.busy = true;
        return idle;
      }
      await this.#woken(signal);
    }
  }

  /** A thread became free, or the signal fired. */
  #woken(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        this.#waiting = this.#waiting.filter((other) => other !== wake);
        resolve();
      };
      this.#waiting.push(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #start(): Thread | undefined {
    if (this.#threads.length >= this.#size) return undefined;
    const execArgv = IS_SOURCE ? ['--conditions=berth-source'] : [];
    const worker = new Worker(WORKER, { execArgv, resourceLimits: HEAP, env: {} });
    const thread = { worker, busy: false };
    this.#threads = [...this.#threads, thread];
    const gone = (): void => void (this.#threads = this.#threads.filter((other) => other !== thread));
    worker.on('error', gone).on('exit', gone);
    return thread;
  }

  #perform({ worker }: Thread, task: LayerTask, { signal, onBytes }: LayerIndexerCall): Promise<LayerIndex> {
    return new Promise((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      const post = (message: ToWorker): void => worker.postMessage(message);
      const cancel = (): void => {
        post({ kind: 'cancel' });
        grace = setTimeout(() => void worker.terminate(), CANCEL_GRACE);
      };
      const settle = (finish: () => void): void => {
        clearTimeout(grace);
        signal?.removeEventListener('abort', cancel);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        finish();
      };
      const onMessage = (message: FromWorker): void => {
        if (message.kind === 'bytes') onBytes?.(message.bytes);
        else if (message.kind === 'failed') settle(() => reject(untellError(message.error)));
        else settle(() => resolve(ownLayerIndex(message.json)));
      };
      const onError = (error: Error): void => settle(() => reject(threadFailure(error, task)));
      const onExit = (): void => settle(() => reject(new Failure('cancelled', {})));
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      post({ kind: 'index', task });
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}

/** A thread dies of too little memory, or of a mistake of ours, which stays an error. */
function threadFailure(error: Error, { layer }: LayerTask): Error {
  const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!outOfMemory) return error;
  const why = `looking into it needs more than ${HEAP.maxOldGenerationSizeMb} MiB`;
  return new Failure('layer-invalid', { digest: layer.digest, why }, { cause: error });
}
