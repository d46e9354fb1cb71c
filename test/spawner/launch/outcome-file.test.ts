import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { Outcome } from '@berth/schema';
import { standingOutcome, writeOutcome } from '../../../spawner/src/launch/outcome-file.ts';
import { outcomePath } from '../../../spawner/src/launch/outcome-path.ts';
import { inDirectory } from './launch-fixture.ts';

const outcome: Outcome = {
  kind: 'cancelled',
  sentence: 'Job 7 was cancelled.',
  status: 143,
  at: '2026-11-21T03:00:00Z',
};

test('kept 0600 beside the connection file, under a name by which no client finds kernels', () =>
  inDirectory(async (directory) => {
    await writeOutcome(`${directory}/kernel-a1.json`, outcome);
    expect(await readdir(directory)).toEqual(['berth-kernel-a1.outcome']);
    expect((await stat(`${directory}/berth-kernel-a1.outcome`)).mode & 0o777).toBe(0o600);
  }));

test('a start within seconds is refused and renews the refusal; a later one is allowed and forgets', () =>
  inDirectory(async (directory) => {
    const file = `${directory}/kernel-a1.json`;
    expect(await standingOutcome(file, 20, Date.now())).toBeUndefined();
    await writeOutcome(file, outcome);
    const wrote = Date.now();
    for (const seconds of [1, 18, 36, 54]) {
      expect(await standingOutcome(file, 20, wrote + seconds * 1000)).toEqual({ outcome, seconds: 20 });
    }
    expect(await standingOutcome(file, 20, wrote + 76_000)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  }));

test('negative control: with a guard of 0 seconds the next start is allowed', () =>
  inDirectory(async (directory) => {
    const file = `${directory}/kernel-a1.json`;
    await writeOutcome(file, outcome);
    expect(await standingOutcome(file, 0, Date.now() + 50)).toBeUndefined();
  }));

test.each(['', '{', 'null', '{"kind":"eaten"}', '\0\0'])(
  'a file of garbage (%j) stops nothing (F21)',
  (text) =>
    inDirectory(async (directory) => {
      const file = `${directory}/kernel-a1.json`;
      await writeFile(outcomePath(file), text);
      expect(await standingOutcome(file, 20, Date.now())).toBeUndefined();
    }),
);

test('another connection file`s outcome does not count; a clock that jumped back refuses once more, not for ever', () =>
  inDirectory(async (directory) => {
    const file = `${directory}/kernel-a1.json`;
    await writeOutcome(file, outcome);
    expect(await standingOutcome(`${directory}/kernel-b2.json`, 20, Date.now())).toBeUndefined();
    const now = Date.now();
    await utimes(outcomePath(file), now / 1000 + 86_400, now / 1000 + 86_400);
    expect(await standingOutcome(file, 20, now)).toBeDefined();
    expect(await standingOutcome(file, 20, now + 21_000)).toBeUndefined();
  }));
