import { expect, test } from '@jest/globals';
import { Resources, type SessionRecord } from '@berth/schema';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionStore } from '../../../server/src/sessions/session-store.ts';

const record: SessionRecord = {
  id: '0123456789abcdef',
  user: 'alice',
  uid: 2001,
  server: '',
  options: {},
  resources: Resources.parse({}),
  made: 1,
  nonce: '00',
};

test('a record is there whole, 0600; a damaged one is set aside and costs no other (F21)', async () => {
  const state = await mkdtemp(join(tmpdir(), 'berth-store-'));
  try {
    const store = new SessionStore(state);
    expect(await store.all()).toEqual([]);
    await store.write(record);
    const file = join(state, 'sessions', `${record.id}.json`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(join(state, 'sessions/damaged.json'), '{"id":');
    expect(await store.all()).toEqual([record]);
    expect(await readdir(join(state, 'sessions'))).toContain('damaged.json.damaged');
    await store.remove(record.id);
    await store.remove(record.id);
    expect(await store.all()).toEqual([]);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test('a directory that cannot be read is no empty one; a record that cannot be costs no other (F1, F21)', async () => {
  const state = await mkdtemp(join(tmpdir(), 'berth-store-'));
  try {
    await writeFile(join(state, 'sessions'), 'no directory');
    await expect(new SessionStore(state).all()).rejects.toThrow('ENOTDIR');
    await rm(join(state, 'sessions'));
    const store = new SessionStore(state);
    await store.write(record);
    // as unreadable to root as a file without permission is to others
    await mkdir(join(state, 'sessions/fedcba9876543210.json'));
    expect(await store.all()).toEqual([record]);
    expect(await readdir(join(state, 'sessions'))).toContain('fedcba9876543210.json.damaged');
    // what may be read the next time: here a name that is too long stands for a disk that is away
    const far = join(state, 'sessions/0000000000000000.json');
    await symlink('x'.repeat(300), far);
    await expect(store.all()).rejects.toThrow('ENAMETOOLONG');
    expect(await readdir(join(state, 'sessions'))).toContain('0000000000000000.json');
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test('one that cannot be read, nor set aside, may be read again later: it is not lost (F21)', async () => {
  const state = await mkdtemp(join(tmpdir(), 'berth-store-'));
  try {
    // to root a file without permission is readable: a directory is not, and cannot take the place of one that holds something
    await mkdir(join(state, 'sessions/fedcba9876543210.json'), { recursive: true });
    await mkdir(join(state, 'sessions/fedcba9876543210.json.damaged/x'), { recursive: true });
    await expect(new SessionStore(state).all()).rejects.toThrow('EISDIR');
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test('what is asked for last is what is there, however many write at once', async () => {
  const state = await mkdtemp(join(tmpdir(), 'berth-store-'));
  try {
    const store = new SessionStore(state);
    await Promise.all(Array.from({ length: 30 }, (_, made) => store.write({ ...record, made })));
    expect(await store.all()).toEqual([{ ...record, made: 29 }]);
    await Promise.all([store.write(record), store.write(record), store.remove(record.id)]);
    expect(await store.all()).toEqual([]);
    expect(await readdir(join(state, 'sessions'))).toEqual([]);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});
