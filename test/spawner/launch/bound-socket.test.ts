import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectWhenBound } from '../../../spawner/src/launch/bound-socket.ts';

let directory: string;
const servers: Server[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bound-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(directory, { recursive: true });
});
const bind = async (name: string): Promise<void> => {
  const server = createServer((socket) => socket.on('error', () => undefined).end('here'));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(directory, name), resolve));
};

test('five that wait are connected as soon as each is bound; other names wake nobody for good', async () => {
  const names = ['k-1', 'k-2', 'k-3', 'k-4', 'k-5'];
  const waiting = names.map((name) => connectWhenBound(join(directory, name), () => false));
  await sleep(30);
  await writeFile(join(directory, 'other'), '');
  for (const name of names) await bind(name);
  for (const socket of await Promise.all(waiting)) {
    expect(String(await socket.toArray())).toBe('here');
  }
});

test('one that is bound already', async () => {
  await bind('k-1');
  (await connectWhenBound(join(directory, 'k-1'), () => false)).destroy();
});

test('while it waits it takes no time: a look at most each tenth of a second', async () => {
  let looks = 0;
  const ended = (): boolean => ++looks > 3;
  const began = performance.now();
  await expect(connectWhenBound(join(directory, 'k-1'), ended)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(looks).toBe(4);
  expect(performance.now() - began).toBeGreaterThan(250);
});

test('a kernel that has ended is not waited for, and what is no socket is told', async () => {
  const path = join(directory, 'k-1');
  await expect(connectWhenBound(path, () => true)).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(path, '');
  await chmod(path, 0);
  await expect(connectWhenBound(path, () => true)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(connectWhenBound(join(path, 'below'), () => false)).rejects.toMatchObject({ code: 'ENOTDIR' });
});
