import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Image } from '@berth/schema';
import { blobFile } from '../spawner/store/layout-source.ts';

const run = promisify(execFile);
const big = { maxBuffer: 1 << 28 };

/** GNU tar, layer after layer, whiteouts done by hand in between: slow, plain, and not ours. */
export async function extractLayers(layout: string, image: Image, target: string): Promise<void> {
  await mkdir(target);
  for (const { digest } of image.layers) {
    const blob = blobFile(layout, digest);
    const { stdout } = await run('tar', ['--list', '--quoting-style=literal', '--file', blob], big);
    for (const name of stdout.split('\n')) {
      const file = basename(name);
      const parent = join(target, dirname(name));
      if (file === '.wh..wh..opq') {
        const children = await readdir(parent).catch(() => []);
        for (const child of children) await rm(join(parent, child), { recursive: true });
      } else if (file.startsWith('.wh.')) {
        await rm(join(parent, file.slice(4)), { recursive: true, force: true });
      }
    }
    const options = [
      '--extract',
      '--preserve-permissions',
      '--no-same-owner',
      '--exclude=.wh.*',
      '--exclude=./dev/*',
    ];
    await run('tar', [...options, '--file', blob, '--directory', target], big);
  }
}
