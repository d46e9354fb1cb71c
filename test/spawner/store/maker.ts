/** One maker as a process of its own: `maker.ts JSON`. Prints its progress by line, then `done PATH` or `failed CODE`. */
import { parseArgs } from 'node:util';
import { isFailure, type Image } from '@berth/schema';
import { ensureRootfs, type StoreOptions } from '../../../spawner/src/store/index.ts';
import { layoutSource, limits, registryBlobs } from './layout-source.ts';

export interface MakerOrder {
  readonly image: Image;
  /** where the blobs are: an OCI layout's directory, or a registry's address */
  readonly from: string;
  readonly store: StoreOptions;
  readonly tar2sqfs?: string;
  /** stop for ever after the first bytes of a layer */
  readonly stall?: boolean;
}

const order = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0] ?? '') as MakerOrder;
async function* stalled(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk.subarray(0, 100);
    console.log('stalled');
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  }
}
try {
  const source = order.from.startsWith('/')
    ? layoutSource(order.from, order.stall ? stalled : undefined)
    : registryBlobs(order.from);
  const rootfs = await ensureRootfs(order.image, source, {
    store: order.store,
    tar2sqfs: order.tar2sqfs ?? 'tar2sqfs',
    limits,
    onProgress: ({ doing }) => console.log(doing),
  });
  console.log(`done ${rootfs.path}`);
} catch (error) {
  console.log(`failed ${isFailure(error) ? `${error.code} ${error.message}` : String(error)}`);
}
