import { Failure } from '@berth/schema';
import { describe, expect, test } from '@jest/globals';
import { failureText } from '../../../server/src/cli/exit-with.ts';

const EVIL = 'a\u001b[2J\nberth: forged';

describe('what is told of an error', () => {
  test('a failure: two lines and its own status', () => {
    const { text, status } = failureText(new Failure('config-missing', { file: EVIL, example: 'x' }), false);
    expect(text).toMatch(/^berth: There is no .*\nberth: Write .*\n$/u);
    expect(status).toBe(78);
  });

  test("anything else is a fault of ours; its words are somebody's and are made printable", () => {
    expect(failureText(new Error(EVIL), false)).toEqual({
      text: 'berth: a [2J berth: forged\nberth: This is a fault of Berth; please report it (BERTH_DEBUG=1 shows where).\n',
      status: 70,
    });
    expect(failureText(EVIL, false).text).toMatch(/^berth: a \[2J berth: forged\n/);
  });

  test('for debugging also every cause of it, with its stack, printable too', () => {
    const root = new Error(`first ${EVIL}`);
    const failure = new Failure(
      'config-missing',
      { file: 'x', example: 'y' },
      { cause: new Error('middle', { cause: root }) },
    );
    const { text } = failureText(failure, true);
    expect(text).toMatch(/\ncaused by Error: middle\n {4}at [^]*\ncaused by Error: first a \[2J\n/);
    expect(text).not.toContain('\u001b');
    expect(failureText(failure, false).text).not.toContain('middle');
  });

  test('a chain of causes that bites its tail ends', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    expect(failureText(first, true).text.match(/caused by/g)).toHaveLength(1);
  });

  test('a reader that has gone is no failure to tell, a full disk is', () => {
    const lost = (code: string) =>
      failureText(
        new Failure('output-lost', { why: code }, { cause: Object.assign(new Error(), { code }) }),
        true,
      );
    expect(lost('EPIPE')).toEqual({ text: '', status: 141 });
    expect(lost('ENOSPC')).toMatchObject({ status: 74, text: expect.stringMatching(/^berth: The output/) });
  });
});
