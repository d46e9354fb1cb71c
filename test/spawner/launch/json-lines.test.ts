import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LINE, jsonLines, writeLine } from '../../../spawner/src/launch/json-lines.ts';

/** feeds the chunks as they are, and tells what came out */
async function read(chunks: Iterable<Buffer>): Promise<{ got: unknown[]; bad: string[] }> {
  const got: unknown[] = [];
  const bad: string[] = [];
  for await (const line of jsonLines(Readable.from(chunks), (text) => bad.push(text))) got.push(line);
  return { got, bad };
}

function* cut(bytes: Buffer, at: readonly number[]): Generator<Buffer> {
  const marks = [...new Set(at.map((mark) => mark % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const mark of [...marks, bytes.length]) {
    if (mark > from) yield bytes.subarray(from, mark);
    from = mark;
  }
}

describe('one JSON object a line', () => {
  test('property: any messages, cut anywhere (also inside a character), arrive whole and in order', async () => {
    const message = fc.record({ text: fc.string({ unit: 'grapheme' }), n: fc.integer() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat(2000), { maxLength: 12 }),
        async (messages, marks) => {
          const bytes = Buffer.from(messages.map((one) => `${JSON.stringify(one)}\n`).join(''));
          expect(await read(cut(bytes, marks))).toEqual({ got: messages, bad: [] });
        },
      ),
    );
  });
  test('each byte by itself', async () => {
    const bytes = Buffer.from('{"a":"ä€𝄞"}\n');
    expect((await read(cut(bytes, [...bytes.keys()]))).got).toEqual([{ a: 'ä€𝄞' }]);
  });
  test('what a prolog script writes is malformed, and the messages around it arrive', async () => {
    const text = 'Welcome to the cluster!\n{"a":1}\n\n\u001b[31m{\n{"a":2}\nno end of line';
    expect(await read([Buffer.from(text)])).toEqual({
      got: [{ a: 1 }, { a: 2 }],
      bad: ['Welcome to the cluster!', '', '\u001b[31m{'],
    });
  });
  test('bytes that are not UTF-8 do not throw', async () => {
    expect((await read([Buffer.from([0xff, 0xfe, 10]), Buffer.from('1\n')])).got).toEqual([1]);
  });
  test('a line that is too long is dropped as a whole, in bounded memory; the next one arrives', async () => {
    const quote = Buffer.from('"');
    const part = Buffer.alloc(64 * 1024, 'x');
    const huge = function* (): Generator<Buffer> {
      yield quote;
      for (let sent = 0; sent < 3 * MAX_LINE; sent += part.length) yield part;
      yield Buffer.from('"\n{"a":1}\n');
    };
    const { got, bad } = await read(huge());
    expect(got).toEqual([{ a: 1 }]);
    expect(bad).toHaveLength(1);
    expect(bad[0]?.length).toBeLessThanOrEqual(300);
  });
  test('one just below the limit is read', async () => {
    const text = JSON.stringify('x'.repeat(MAX_LINE - 100));
    expect((await read(cut(Buffer.from(`${text}\n`), [100_000, 2_000_000]))).got).toHaveLength(1);
  });
});

test('writing to a stream whose other end is gone is silent', () => {
  const stream = new PassThrough();
  stream.destroy();
  writeLine(stream, { a: 1 });
  const open = new PassThrough();
  writeLine(open, { a: 'x\ny' });
  expect(String(open.read())).toBe('{"a":"x\\ny"}\n');
});
