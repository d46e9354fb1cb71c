/** On a small file system of its own: fills it, puts a wish, makes room, puts it again. Prints what came of it as JSON. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFailure } from '@berth/schema';
import { WishStore } from '../../../server/src/launches/wish-store.ts';

const [directory = ''] = process.argv.slice(2);
const resources = { cpus: 1, memory: '1G', time: '60' };
const at = '2026-11-21T03:00:00.000Z';
const store = new WishStore({ file: join(directory, 'wishes.json'), root: directory }, () => undefined);
const put = (path: string): Promise<unknown> =>
  store.put({ path, kernel: 'python', resources }, at).catch((error: unknown) => error);
const isThere = async (path: string): Promise<boolean> => (await store.of(path, 'python')) !== undefined;

await put('a.ipynb');
const ballast = join(directory, 'ballast');
await writeFile(ballast, Buffer.alloc(1024 * 1024)).catch(() => undefined);
const error = await put('b.ipynb');
const refused = isFailure(error) ? { code: error.code, why: error.message } : String(error);
const files = (await readdir(directory)).sort();
const [stillThere, notKept] = [await isThere('a.ipynb'), !(await isThere('b.ipynb'))];
await rm(ballast);
await put('b.ipynb');
process.stdout.write(
  JSON.stringify({ refused, files, stillThere, notKept, afterwards: await isThere('b.ipynb') }),
);
