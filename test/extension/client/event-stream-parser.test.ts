import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { EventStreamParser } from '../../../extension/src/client/event-stream-parser.ts';

const all = (...pieces: string[]) => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

test('reads type, data and id; comments and unknown fields say nothing', () => {
  expect(all(': hello\n\nid: 1-1\nevent: scan\nretry: 5\ndata: {"a":1}\n\n')).toEqual([
    { type: 'scan', data: '{"a":1}', id: '1-1' },
  ]);
  expect(all('data: a\ndata:b\ndata\n\n')).toEqual([{ type: 'message', data: 'a\nb\n', id: undefined }]);
});

test('keeps the last id for messages that bring none', () => {
  expect(all('id: 7\ndata: a\n\ndata: b\n\n').map(({ id }) => id)).toEqual(['7', '7']);
});

test('a message without data is none, and one that was not finished is not told', () => {
  expect(all('event: scan\n\ndata: a\n')).toEqual([]);
});

test('gives up on a message that does not end', () => {
  const parser = new EventStreamParser();
  expect(() => {
    for (let i = 0; i < 100; i += 1) parser.push('x'.repeat(50_000));
  }).toThrow('without an end');
});

const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\0]/g, '_'));
const message = fc.record({
  type: line.map((text) => `t${text}`),
  data: fc.array(line, { minLength: 1 }),
  id: line,
});

test('whatever the end of lines, and wherever the network cuts', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat(), { maxLength: 20 }),
      (messages, end, cuts) => {
        const text = messages
          .map(({ type, data, id }) =>
            [`event: ${type}`, ...data.map((one) => `data: ${one}`), `id: ${id}`, '', ''].join(end),
          )
          .join('');
        const places = [...new Set(cuts.map((cut) => cut % text.length)), 0, text.length].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((to, at) => text.slice(places[at], to));
        // a lone CR at the very end may be the first half of CRLF: only more text tells
        const heard = all(...pieces, ...(end === '\r' ? [': more'] : []));
        expect(heard).toEqual(messages.map(({ type, data, id }) => ({ type, data: data.join('\n'), id })));
      },
    ),
  );
});
