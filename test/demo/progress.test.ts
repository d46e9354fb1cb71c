import { expect, test } from '@jest/globals';
import { progress, type Screen } from './progress.ts';

function told(screen: Partial<Screen>, lines: readonly string[]): string {
  let text = '';
  let time = 0;
  const { say, clear } = progress({ ...screen, write: (more) => (text += more) }, () => (time += 100));
  for (const line of lines) say(line);
  clear();
  clear();
  return text;
}

test('without a terminal each line stays', () => {
  expect(told({}, ['one', '  detail', 'two'])).toBe('   0.1 s  one\n   0.2 s    detail\n   0.3 s  two\n');
});

test('on a terminal the details move on one line, and the next step takes its place', () => {
  expect(told({ isTTY: true, columns: 80 }, ['one', '  a', '  b', 'two'])).toBe(
    '   0.1 s  one\n   0.2 s    a\r\u001b[K   0.3 s    b\r\u001b[K   0.4 s  two\n',
  );
});

test('a detail never wraps', () => {
  const text = told({ isTTY: true, columns: 20 }, [`  ${'x'.repeat(100)}`]);
  expect(text).toHaveLength(19 + '\r\u001b[K'.length);
});
