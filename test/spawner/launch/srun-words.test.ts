import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wordsOfSrun } from '../../../spawner/src/launch/srun-words.ts';

const IDLE = 'srun: cluster configuration lacks support for cpu binding';

/** What passes, chunk by chunk, and at the end. */
const passed = (chunks: readonly (string | Buffer)[]): string[] => {
  const words = wordsOfSrun();
  return [...chunks.map((chunk) => words.next(Buffer.from(chunk))), words.rest()].map(String);
};

test('srun`s word on cpu binding is kept back, and the rest of its words are not', () => {
  const before = 'srun: job 5 queued and waiting for resources\n';
  const after = 'srun: error: Unable to allocate resources: Invalid partition\n';
  expect(passed([`${before}${IDLE}\n${after}`])).toEqual([before + after, '']);
  expect(passed([`${IDLE}\n`])).toEqual(['', '']);
});

test('one that only begins or ends so, or stands within another, goes by', () => {
  const others = [`${IDLE}s\n`, `it said: ${IDLE}\n`, 'srun: cluster on fire\n', 'srun: error: x\n'];
  expect(passed([others.join('')])).toEqual([others.join(''), '']);
});

test('what has no end yet goes by at once: a bar that grows in place', () => {
  expect(passed(['10 %\r', '20 %\r', 'ready\n'])).toEqual(['10 %\r', '20 %\r', 'ready\n', '']);
  expect(passed(['srun: clu', 'b\n'])).toEqual(['', 'srun: club\n', '']);
  expect(passed(['srun: clu'])).toEqual(['', 'srun: clu']);
});

test('property: however it comes in, the same goes by, byte for byte', () => {
  const line = fc.oneof(
    { weight: 2, arbitrary: fc.constant(`${IDLE}\n`) },
    fc.constantFrom('\n', 's', 'srun: ', 'srun: cluster conf\n', `${IDLE} x\n`, 'héllo\n', '\r'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(600), { maxLength: 8 }), (lines, cuts) => {
      const all = Buffer.from(lines.join(''));
      const ends = [...cuts.map((cut) => Math.min(cut, all.length)), all.length].sort((a, b) => a - b);
      const words = wordsOfSrun();
      const out = ends.map((end, i) => words.next(all.subarray(ends[i - 1] ?? 0, end)));
      const expected = all
        .toString()
        .split(/(?<=\n)/)
        .filter((text) => text !== `${IDLE}\n`)
        .join('');
      expect(Buffer.concat([...out, words.rest()]).toString()).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
