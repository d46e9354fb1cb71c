import { expect, test } from '@jest/globals';
import { progressTo } from '../../../server/src/cli/progress.ts';

function recorded(isTTY: boolean, quiet = false) {
  const clock = { now: 0 };
  const written: string[] = [];
  const stream = { isTTY, columns: 20, write: (text: string) => written.push(text) };
  return { clock, written, progress: progressTo({ stream, quiet, now: () => clock.now }) };
}

test('a log gets a line every few seconds at most, and none for a short act', () => {
  const { clock, written, progress } = recorded(false);
  for (const at of [0, 1000, 2999, 3000, 3001, 6000]) {
    clock.now = at;
    progress.update(`at ${at}`);
  }
  progress.done();
  expect(written).toEqual(['berth: at 3000\n', 'berth: at 6000\n']);
});

test('a terminal gets one line that is updated, cut to its width and erased; done may come twice', () => {
  const { clock, written, progress } = recorded(true);
  progress.update('x'.repeat(50));
  clock.now = 10;
  progress.update('too soon');
  progress.done();
  progress.done();
  expect(written).toEqual([`\r\u001b[2K${'x'.repeat(19)}`, '\r\u001b[2K']);
});

test('quiet is quiet', () => {
  const { written, progress } = recorded(true, true);
  progress.update('x');
  progress.done();
  expect(written).toEqual([]);
});
