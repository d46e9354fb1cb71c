import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDirectory, listenAt } from '../../../server/src/cli/serve-sockets.ts';

const uid = process.getuid?.() ?? 0;
let directory = '';
const servers: Server[] = [];
const server = (): Server => {
  const one = createServer();
  servers.push(one);
  return one;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-serve-'));
});
afterEach(async () => {
  for (const one of servers.splice(0)) one.close();
  await rm(directory, { recursive: true, force: true });
});

const refused = (why: RegExp) =>
  expect.objectContaining({ code: 'serve-refused', message: expect.stringMatching(why) });

test('a directory of our own with 0700 is taken', async () => {
  await checkDirectory(directory, uid);
});

test.each([
  ['relative', async () => 'x', /absolute/],
  ['absent', async () => join(directory, 'x'), /ENOENT/],
  [
    'a symlink to a good one (T5)',
    async () => {
      await symlink(directory, `${directory}-link`);
      return `${directory}-link`;
    },
    /not a directory/,
  ],
  [
    'a file',
    async () => {
      await writeFile(join(directory, 'f'), '');
      return join(directory, 'f');
    },
    /not a directory/,
  ],
  [
    'open to others',
    async () => {
      await chmod(directory, 0o750);
      return directory;
    },
    /mode 750/,
  ],
  ['too long for a socket', async () => `/${'x'.repeat(120)}`, /bytes/],
])('%s is refused', async (_, path, why) => {
  const given = await path();
  await expect(checkDirectory(given, uid)).rejects.toEqual(refused(why));
  await rm(`${directory}-link`, { force: true });
});

test("somebody else's is refused", async () => {
  await expect(checkDirectory(directory, uid + 1)).rejects.toEqual(refused(/somebody else/));
});

test('the socket is ours alone; one that a killed server left is replaced, one in use and a file are not', async () => {
  const path = join(directory, 'http.sock');
  const first = server();
  await listenAt(first, path);
  expect((await lstat(path)).mode & 0o777).toBe(0o600);
  await expect(listenAt(server(), path)).rejects.toEqual(refused(/in use/));
  const file = join(directory, 'file');
  await writeFile(file, 'mine');
  await expect(listenAt(server(), file)).rejects.toEqual(refused(/no socket/));

  // as SIGKILL leaves it: Node itself would remove the name, so another one is kept
  const stale = join(directory, 'stale.sock');
  const killed = server();
  killed.listen(join(directory, 'k'));
  await once(killed, 'listening');
  const { link } = await import('node:fs/promises');
  await link(join(directory, 'k'), stale);
  killed.close();
  await once(killed, 'close');
  expect((await lstat(stale)).isSocket()).toBe(true);
  await listenAt(server(), stale);
  const client = connect(stale);
  await once(client, 'connect');
  client.destroy();
});
