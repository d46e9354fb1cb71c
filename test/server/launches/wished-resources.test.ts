import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { WishStore } from '../../../server/src/launches/wish-store.ts';
import { wishedResources } from '../../../server/src/launches/wished-resources.ts';

let place: string;
let wishes: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'berth-wished-'));
  wishes = join(place, 'state/wishes.json');
  await mkdir(join(place, 'root/sub'), { recursive: true });
  await writeFile(join(place, 'root/sub/a.ipynb'), '{}');
});
afterEach(() => rm(place, { recursive: true, force: true }));
const wish = async (cpus: number, kernel = 'k'): Promise<void> => {
  const store = new WishStore({ file: wishes, root: join(place, 'root') }, () => undefined);
  const resources = Resources.parse({ cpus });
  await store.put({ path: 'sub/a.ipynb', kernel, resources }, new Date().toISOString());
};

test('the last choice for that notebook and kernel, by whatever way one comes to the file', async () => {
  await wish(2);
  await wish(3);
  await symlink(join(place, 'root'), join(place, 'link'));
  for (const file of ['root/sub/a.ipynb', 'link/sub/a.ipynb'])
    expect(await wishedResources(wishes, join(place, file), 'k')).toMatchObject({ cpus: 3 });
  expect(await wishedResources(wishes, join(place, 'root/sub/a.ipynb'), 'other')).toBeUndefined();
  expect(await wishedResources(wishes, join(place, 'root/sub/b.ipynb'), 'k')).toBeUndefined();
});

test('no choice, or none that can be read', async () => {
  expect(await wishedResources(wishes, join(place, 'root/sub/a.ipynb'), 'k')).toBeUndefined();
  await mkdir(join(place, 'state'));
  await writeFile(wishes, '{"version": 99}');
  expect(await wishedResources(wishes, join(place, 'root/sub/a.ipynb'), 'k')).toBeUndefined();
});
