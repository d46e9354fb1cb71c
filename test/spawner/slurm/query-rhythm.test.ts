import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { QueryRhythm } from '@berth/spawner/slurm';

test('the first question at once; the next not within the interval, whatever calls for it', () => {
  const rhythm = new QueryRhythm(5000);
  expect(rhythm.earliest(100, 0)).toBe(100);
  rhythm.asked(100);
  expect(rhythm.earliest(200, 0)).toBe(5100);
  expect(rhythm.earliest(200, 1000)).toBe(5100);
  expect(rhythm.earliest(9000, 1000)).toBe(10_000);
});

test('ever more seldom while nothing changes, up to 30 s; a silent Slurm is asked every 10 s', () => {
  const rhythm = new QueryRhythm(5000);
  rhythm.asked(0);
  const waits = (['changed', 'same', 'same', 'same', 'same', 'silent', 'silent', 'changed'] as const).map(
    (news) => {
      rhythm.answered(news);
      return rhythm.next;
    },
  );
  expect(waits).toEqual([5000, 10_000, 20_000, 30_000, 30_000, 10_000, 10_000, 5000]);
});

test('property: no two questions within the interval', () => {
  const call = fc.record({
    after: fc.nat(8000),
    delay: fc.nat(2000),
    news: fc.constantFrom('changed', 'same', 'silent'),
  });
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const rhythm = new QueryRhythm(5000);
      let [now, last] = [0, -Infinity];
      for (const { after, delay, news } of calls) {
        now = Math.max(now + after, rhythm.earliest(now + after, delay));
        expect(now - last).toBeGreaterThanOrEqual(5000);
        rhythm.asked(now);
        rhythm.answered(news);
        expect(rhythm.next - now).toBeGreaterThanOrEqual(5000);
        expect(rhythm.next - now).toBeLessThanOrEqual(30_000);
        last = now;
      }
    }),
  );
});
