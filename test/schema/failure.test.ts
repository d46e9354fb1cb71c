import { expect, test } from '@jest/globals';
import { Failure, FAILURES, isFailure, type FailureCode } from '../../schema/src/index.ts';

const codes = Object.keys(FAILURES) as FailureCode[];
const slotsOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, slot = '']) => slot);

test.each(codes)('%s: a whole sentence, a hint, a stable exit status, every slot filled', (code) => {
  const { sentence, hint, exit, status } = FAILURES[code];
  const details = Object.fromEntries(slotsOf(sentence + hint).map((slot) => [slot, 'value']));
  const failure = new Failure(code, details as never);
  expect(failure.message + failure.hint).not.toMatch(/[{}]/);
  expect(hint).toMatch(/[.]$/);
  expect(exit).toBeGreaterThan(0);
  expect(exit).toBeLessThan(256);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(failure.toProblem()).toMatchObject({ type: `urn:berth:failure:${code}`, status });
});

test('what comes from outside becomes one printable line of bounded length (T34)', () => {
  const text = `a\r\n\u001b[31m\u202eb\u2028${'x'.repeat(5000)}`;
  const { message } = new Failure('usage-invalid', { why: text, command: 'x' });
  expect(message).toHaveLength(1000);
  expect(message).toMatch(/^a \[31m b x+…$/);
});

test('knows its kind, keeps its cause', () => {
  const cause = new Error('below');
  const failure = new Failure('cancelled', {}, { cause });
  expect([isFailure(failure), isFailure(failure, 'cancelled'), isFailure(failure, 'no-kernel')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([isFailure(cause), failure.cause]).toEqual([false, cause]);
});
