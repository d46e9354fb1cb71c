import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { storeFormat } from './store-format.ts';

test('squashfs where the device can be opened, else a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'store-format-'));
  try {
    const device = join(directory, 'fuse');
    expect(storeFormat(device)).toBe('directory');
    await writeFile(device, '');
    expect(storeFormat(device)).toBe('squashfs');
    await chmod(device, 0o000);
    // to root nothing is forbidden
    expect(storeFormat(device)).toBe(process.getuid?.() === 0 ? 'squashfs' : 'directory');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
