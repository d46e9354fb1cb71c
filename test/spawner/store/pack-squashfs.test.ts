import { randomBytes } from 'node:crypto';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isFailure } from '@berth/schema';
import type { BlobSource } from '../../../spawner/src/image/index.ts';
import { ensureRootfs, type EnsureOptions, type Progress } from '../../../spawner/src/store/index.ts';
import { layoutImage, layoutSource, limits } from './layout-source.ts';
import { StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await StoreFixture.open();
});
afterEach(() => fixture.close());

const LAYERS = [[{ path: 'usr/bin/one', content: 'one' }]] as const;

/** What became of making a rootfs with this packer, and that nothing of it is left. */
async function failureWith(
  tar2sqfs: string,
  layout: string,
  over: Partial<EnsureOptions> = {},
  source = layoutSource(layout),
): Promise<unknown> {
  const options = { store: fixture.store(), tar2sqfs, limits, ...over };
  const failure = await ensureRootfs(await layoutImage(layout), source, options).then(
    () => 'nothing failed',
    (error: unknown) => (isFailure(error) ? `${error.code}: ${error.message}` : error),
  );
  expect(await readdir(join(fixture.store().path, 'tmp'))).toEqual([]);
  return failure;
}

test('tar2sqfs is missing: said before the image was fetched', async () => {
  const layout = await fixture.layout(...LAYERS);
  // it never comes
  const source: BlobSource = {
    ...layoutSource(layout),
    open: (_repository, _blob, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('cancelled')))),
  };
  const failure = await failureWith('/no/tar2sqfs', layout, {}, source);
  expect(failure).toMatch(/^tool-missing: The program \/no\/tar2sqfs is needed/);
});

test('tar2sqfs hangs: a cancel does not wait for it', async () => {
  const hung = join(fixture.path, 'hung');
  await writeFile(hung, '#!/bin/sh\nexec sleep 1000\n');
  await chmod(hung, 0o755);
  const noise = randomBytes(3_000_000);
  const layout = await fixture.layout([{ path: 'noise', content: noise }]);
  const stop = new AbortController();
  const onProgress = ({ doing }: Progress) => {
    if (doing === 'packing') setTimeout(() => stop.abort(), 100);
  };
  const failure = await failureWith(hung, layout, { signal: stop.signal, onProgress });
  expect(failure).toMatch(/^cancelled/);
});

test('tar2sqfs fails: its last line says why', async () => {
  const bad = join(fixture.path, 'bad');
  await writeFile(bad, '#!/bin/sh\necho first >&2; echo "the last line" >&2; exit 3\n');
  await chmod(bad, 0o755);
  const failure = await failureWith(bad, await fixture.layout(...LAYERS));
  expect(failure).toMatch(/^rootfs-failed: .*the last line/);
});
