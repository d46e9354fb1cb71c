import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { kernelResources } from '../../../server/src/launches/kernel-resources.ts';
import { LARGE } from './board-fixture.ts';

test('what its launch record asks for; a kernel without one is unknown, so is one that is not in order', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'specs-'));
  try {
    for (const name of ['good', 'rotten', 'hostile']) await mkdir(join(directory, name));
    await writeFile(join(directory, 'good/berth.json'), JSON.stringify({ version: 1, resources: LARGE }));
    await writeFile(join(directory, 'rotten/berth.json'), '{');
    await writeFile(join(directory, 'hostile/berth.json'), '{"resources":{"memory":"--uid=0"}}');
    expect(await kernelResources(directory, 'good')).toEqual(LARGE);
    for (const name of ['rotten', 'hostile', 'none'])
      await expect(kernelResources(directory, name)).rejects.toMatchObject({ code: 'kernel-unknown' });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
