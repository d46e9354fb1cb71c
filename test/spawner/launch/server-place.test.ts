import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, createConnection } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { openServerPlace } from '../../../spawner/src/launch/server-place.ts';
import { inDirectory } from './launch-fixture.ts';

const uid = process.getuid?.() ?? 0;
const descriptors = (): number => readdirSync('/proc/self/fd').length;

async function withServer(use: (directory: string) => Promise<void>): Promise<void> {
  await inDirectory(async (parent) => {
    const directory = `${parent}/${'long'.repeat(30)}`;
    mkdirSync(directory, { mode: 0o700 });
    const server = createServer((socket) => socket.end('hello'));
    const before = process.cwd();
    // a path as long as this one fits no socket's name
    process.chdir(directory);
    try {
      server.listen('launch.sock');
      await once(server, 'listening');
    } finally {
      process.chdir(before);
    }
    try {
      await use(directory);
    } finally {
      server.close();
    }
  });
}

test('the path leads there, however long the directory`s is', () =>
  withServer(async (directory) => {
    const place = openServerPlace(directory, uid);
    if (place.kind !== 'there') throw new Error(place.why);
    const socket = createConnection(place.path);
    const [hello] = (await once(socket, 'data')) as [Buffer];
    expect(hello.toString()).toBe('hello');
    place.close();
  }));

test('a server that is not there yet is absent', () =>
  inDirectory(async (directory) => {
    expect(openServerPlace(`${directory}/none`, uid)).toMatchObject({ kind: 'absent' });
    expect(openServerPlace(directory, uid)).toMatchObject({ kind: 'absent' });
  }));

describe('where somebody else could answer it is not dialled (T5)', () => {
  test('negative control: as it is, it is', () =>
    withServer(async (directory) => {
      const place = openServerPlace(directory, uid);
      expect(place.kind).toBe('there');
      if (place.kind === 'there') place.close();
    }));
  test.each([0o777, 0o770, 0o1777])('a directory of mode %o', (mode) =>
    withServer(async (directory) => {
      chmodSync(directory, mode);
      expect(openServerPlace(directory, uid)).toMatchObject({
        kind: 'untrusted',
        why: expect.stringContaining('others may write'),
      });
    }),
  );
  test('a directory of another user', () =>
    withServer(async (directory) => {
      expect(openServerPlace(directory, uid + 1)).toMatchObject({ kind: 'untrusted' });
    }));
  test('a link to a directory that would do', () =>
    withServer(async (directory) => {
      symlinkSync(directory, `${directory}/../link`);
      expect(openServerPlace(`${directory}/../link`, uid)).toMatchObject({ kind: 'untrusted' });
    }));
  test('a file, and a link to a socket, in place of the socket', () =>
    inDirectory(async (directory) => {
      writeFileSync(`${directory}/launch.sock`, '');
      expect(openServerPlace(directory, uid)).toMatchObject({ kind: 'untrusted' });
      symlinkSync('/run/x.sock', `${directory}/other`);
      mkdirSync(`${directory}/d`, { mode: 0o700 });
      symlinkSync('/run/x.sock', `${directory}/d/launch.sock`);
      expect(openServerPlace(`${directory}/d`, uid)).toMatchObject({ kind: 'untrusted' });
    }));
  if (uid === 0)
    test('a socket of another user in a directory of ours', () =>
      withServer(async (directory) => {
        chownSync(`${directory}/launch.sock`, 12_345, 12_345);
        expect(openServerPlace(directory, uid)).toMatchObject({ kind: 'untrusted' });
      }));
});

test('no descriptor stays open', () =>
  withServer(async (directory) => {
    const before = descriptors();
    for (let round = 0; round < 20; round++) {
      openServerPlace(`${directory}/none`, uid);
      openServerPlace(directory, uid + 1);
      const place = openServerPlace(directory, uid);
      if (place.kind === 'there') place.close();
    }
    expect(descriptors()).toBe(before);
  }));
