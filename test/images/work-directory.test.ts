import { spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inTemporaryDirectory } from './temporary-directory.ts';
import { workDirectory } from './work-directory.ts';

test('what a killed build left goes, what a running one uses stays', () =>
  inTemporaryDirectory(async (cache) => {
    const { pid } = spawnSync('/bin/true');
    await mkdir(join(cache, `work-${pid}-aaaaaa`, 'root'), { recursive: true });
    await mkdir(join(cache, 'layers'));
    const first = await workDirectory(cache);
    const second = await workDirectory(cache);
    expect(await readdir(cache)).toEqual(['layers', basename(first), basename(second)].sort());
  }));
