import { expect, test } from '@jest/globals';
import type { JobLog } from '@berth/schema/rest';
import type { BerthClient } from '../../../extension/src/client/client.ts';
import { JobLogReader } from '../../../extension/src/jobs/job-log-reader.ts';

/** A client that gives these parts, and notes from where each was asked. */
function reading(parts: readonly JobLog[]): { reader: JobLogReader; from: string[] } {
  const from: string[] = [];
  const call = (_: string, { query }: { query: { from: string } }): Promise<JobLog> => {
    from.push(query.from);
    return Promise.resolve(parts[from.length - 1] as JobLog);
  };
  // of a client it needs this one method
  return { reader: new JobLogReader({ call } as unknown as BerthClient, '0123456789abcdef', 3), from };
}

/** What is shown, one after the other. */
async function all(reader: JobLogReader): Promise<readonly string[]> {
  const shown: string[] = [];
  await reader.read((text) => shown.push(text) > 0);
  return shown;
}

test('only what is new is asked for, all that there is at once; colours are left out', async () => {
  const { reader, from } = reading([
    { text: 'one\n', next: 4, attempt: 0, more: true },
    { text: '\u001b[31mtwo\u001b[0m\n', next: 17, attempt: 0, more: false },
    { text: 'three', next: 22, attempt: 0, more: false },
  ]);
  expect(await all(reader)).toEqual(['one\n', 'one\ntwo\n']);
  expect(await all(reader)).toEqual(['one\ntwo\nthree']);
  expect(from).toEqual(['-1000000', '4', '17']);
});

test('a new attempt has a log of its own, read anew', async () => {
  const { reader, from } = reading([
    { text: 'not begun', next: 9, attempt: -1, more: false },
    { text: 'cut', next: 12, attempt: 0, more: false },
    { text: 'begun', next: 5, attempt: 0, more: false },
  ]);
  expect(await all(reader)).toEqual(['not begun']);
  expect(await all(reader)).toEqual(['begun']);
  expect(from).toEqual(['-1000000', '9', '-1000000']);
});

test('when nobody looks any more, no further part is asked for', async () => {
  const part = { text: 'x', next: 1, attempt: 0, more: true };
  const { reader, from } = reading([part, part, part]);
  await reader.read(() => false);
  expect(from).toHaveLength(1);
});
