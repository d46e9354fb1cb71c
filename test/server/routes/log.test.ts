import { expect, test } from '@jest/globals';
import { openLog } from '@berth/server/routes';
import { printable } from '../../../server/src/routes/log.ts';

test.each([
  ['GET /x?token=abc123&y=1', 'GET /x?token=[removed]&y=1'],
  ['Authorization: Bearer abc.def', 'Authorization: [removed]'],
  ['bearer abc.def', 'bearer [removed]'],
  ['{"password": "hunter2"}', '{"password": "[removed]"}'],
  ['https://user:pa55@registry/x', 'https://[removed]@registry/x'],
  ['Cookie: username-x=2|1:0; _xsrf=2|aa', 'Cookie: [removed]'],
  ['_xsrf=2|aa; a=b', '_xsrf=[removed]; a=b'],
  ['nothing of the kind', 'nothing of the kind'],
])('%s', (text, clean) => {
  expect(printable(text)).toBe(clean);
});

test('one line of bounded length, whatever comes (T34)', () => {
  const lines: string[] = [];
  const log = openLog({ write: (line: string) => void lines.push(line) });
  log.info('event', { text: `a\r\n\u001b[31mb\u2028${'x'.repeat(10_000_000)}`, number: 1, none: undefined });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\p{Cc}]*\n$/u);
  expect(lines[0]?.length).toBeLessThan(1024);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'event',
    number: 1,
    text: expect.stringMatching(/^a \[31mb x+…$/),
  });
  log.debug('not at this level');
  expect(lines).toHaveLength(1);
});
