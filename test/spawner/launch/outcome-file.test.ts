import { chmod, lstat, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { Outcome } from '@berth/schema';
import { lastOutcome, standingOutcome, writeOutcome } from '../../../spawner/src/launch/outcome-file.ts';
import { connectionFile, inDirectory } from './launch-fixture.ts';

const outcome: Outcome = {
  kind: 'cancelled',
  sentence: 'Job 7 was cancelled.',
  status: 143,
  at: '2026-11-21T03:00:00Z',
};
const connection = { ...connectionFile(), jupyter_session: '/home/me/ä b.ipynb', kernel_name: 'x' };
const withFile = (use: (file: string, directory: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const file = `${directory}/kernel-a1.json`;
    await writeFile(file, JSON.stringify(connection, null, 1), { mode: 0o600 });
    await use(file, directory);
  });

test('in the connection file itself, all else in it as it was, and nothing beside it', () =>
  withFile(async (file, directory) => {
    const before = await stat(file);
    await writeOutcome(file, outcome);
    expect(await readdir(directory)).toEqual(['kernel-a1.json']);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ ...connection, berth_outcome: outcome });
    const after = await stat(file);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(await lastOutcome(file)).toEqual(outcome);
  }));

test.each([0o600, 0o640])('the mode %o is kept, whatever the umask', (mode) =>
  withFile(async (file) => {
    await chmod(file, mode);
    await writeOutcome(file, outcome);
    expect((await stat(file)).mode & 0o777).toBe(mode);
  }),
);

test('a later one takes its place', () =>
  withFile(async (file) => {
    await writeOutcome(file, outcome);
    await writeOutcome(file, { ...outcome, kind: 'time-limit' });
    expect(await lastOutcome(file)).toMatchObject({ kind: 'time-limit' });
  }));

test('a file that the client has removed stays gone', () =>
  withFile(async (file, directory) => {
    await rm(file);
    await writeOutcome(file, outcome);
    expect(await readdir(directory)).toEqual([]);
  }));

test('a link is left alone, and so is what it leads to', () =>
  withFile(async (file, directory) => {
    const link = `${directory}/kernel-b2.json`;
    await symlink(file, link);
    await writeOutcome(link, outcome);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await lastOutcome(file)).toBeUndefined();
  }));

test('a start within seconds is refused and renews the refusal; a later one is allowed', () =>
  withFile(async (file) => {
    expect(await standingOutcome(file, 20, Date.now())).toBeUndefined();
    await writeOutcome(file, outcome);
    const wrote = Date.now();
    for (const seconds of [1, 18, 36, 54]) {
      expect(await standingOutcome(file, 20, wrote + seconds * 1000)).toEqual({ outcome, seconds: 20 });
    }
    expect(await standingOutcome(file, 20, wrote + 76_000)).toBeUndefined();
  }));

test('negative control: with a guard of 0 seconds the next start is allowed', () =>
  withFile(async (file) => {
    await writeOutcome(file, outcome);
    expect(await standingOutcome(file, 0, Date.now() + 50)).toBeUndefined();
  }));

test.each(['', '{', 'null', '[]', '{"berth_outcome":{"kind":"eaten"}}', '{"berth_outcome":7}', '\0\0'])(
  'a file of garbage (%j) stops nothing and is not touched (F21)',
  (text) =>
    withFile(async (file, directory) => {
      await writeFile(file, text);
      expect(await standingOutcome(file, 20, Date.now())).toBeUndefined();
      if (!text.startsWith('{"')) {
        await writeOutcome(file, outcome);
        expect(await readFile(file, 'utf8')).toBe(text);
      }
      expect(await readdir(directory)).toEqual(['kernel-a1.json']);
    }),
);

test('a clock that jumped back refuses once more, not for ever', () =>
  withFile(async (file) => {
    await writeOutcome(file, outcome);
    const now = Date.now();
    await utimes(file, now / 1000 + 86_400, now / 1000 + 86_400);
    expect(await standingOutcome(file, 20, now)).toBeDefined();
    expect(await standingOutcome(file, 20, now + 21_000)).toBeUndefined();
  }));
