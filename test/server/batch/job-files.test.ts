import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLog, readOutput, wholeCharacters } from '../../../server/src/batch/job-files.ts';
import { jobPaths } from '../../../server/src/batch/job-paths.ts';

test('property: a text cut anywhere is read whole, part by part', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, cut) => {
      const bytes = Buffer.from(text, 'utf8');
      const first = wholeCharacters(bytes.subarray(0, bytes.length === 0 ? 0 : cut % bytes.length));
      const rest = bytes.subarray(first.length);
      expect(first.toString('utf8') + rest.toString('utf8')).toBe(bytes.toString('utf8'));
    }),
  );
});

test('a log that grows: each part once, and long ones in parts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-log-'));
  try {
    const paths = jobPaths(directory, '0123456789abcdef');
    const place = join(paths.elements, '0/attempt-2');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'log.txt'), 'é'.repeat(200_000));
    const first = await readLog('id', paths, false, 0, 0);
    expect([first.text.length, first.more, first.attempt]).toEqual([131_072, true, 2]);
    const second = await readLog('id', paths, false, 0, first.next);
    expect([first.text.length + second.text.length, second.more]).toEqual([200_000, false]);
    expect(await readLog('id', paths, false, 0, second.next)).toMatchObject({ text: '', next: 400_000 });
    // its end alone, from the first whole sign
    expect(await readLog('id', paths, false, 0, -101)).toMatchObject({ text: 'é'.repeat(50), next: 400_000 });
    expect((await readLog('id', paths, false, 0, -1_000_000)).next).toBe(262_144);
    await rm(join(place, 'log.txt'));
    expect(await readLog('id', paths, false, 0, -5)).toMatchObject({ text: '', next: 0 });
    await mkdir(join(place, 'log.txt'));
    await expect(readLog('id', paths, false, 0, 0)).rejects.toMatchObject({ code: 'job-log-unreadable' });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('until a further attempt has an output, it is that of the attempt before', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-output-'));
  try {
    const paths = jobPaths(directory, '0123456789abcdef');
    const [first, next] = ['0/attempt-0', '0/attempt-1'].map((place) => join(paths.elements, place));
    await mkdir(first ?? '', { recursive: true });
    await writeFile(join(first ?? '', 'output.ipynb'), '{"first":true}');
    await mkdir(next ?? '');
    const found = (attempt: number, text: string) => ({ attempt, notebook: Buffer.from(text) });
    expect(await readOutput('id', paths, 0)).toMatchObject(found(0, '{"first":true}'));
    await writeFile(join(next ?? '', 'output.ipynb'), '{}');
    expect(await readOutput('id', paths, 0)).toMatchObject(found(1, '{}'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
