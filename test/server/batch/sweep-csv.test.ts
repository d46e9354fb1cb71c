import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvRows, csvText, parseSweep } from '../../../server/src/batch/sweep-csv.ts';

describe('a sweep', () => {
  test('one element for each row, text as it is', () => {
    const text = '\uFEFFalpha, label\r\n0.1,"one, ""two"""\r\n\r\n1e3,"a\nb"\r\n';
    expect(parseSweep(text, 's.csv')).toEqual([
      { alpha: '0.1', label: 'one, "two"' },
      { alpha: '1e3', label: 'a\nb' },
    ]);
  });
  test.each([
    ['', 'a row of names'],
    ['alpha\n', 'a row of names'],
    ['alpha,beta\n1\n', 'line 2 has 1 values for 2 names'],
    ['alpha\n1\n2,3\n', 'line 3 has 2 values'],
    ['a b\n1\n', 'a name is made of'],
    ['a,a\n1,2\n', 'twice'],
    ['a\n"1\n', 'quote'],
    ['a\n"1"2\n', 'quote'],
    ['a\n1"2\n', 'quote'],
    [`a\n${'1\n'.repeat(10_001)}`, 'more than 10000 rows'],
  ])('%# is refused', (text, why) => {
    expect(() => parseSweep(text, 's.csv')).toThrow(expect.objectContaining({ code: 'sweep-invalid' }));
    expect(() => parseSweep(text, 's.csv')).toThrow(why);
  });
});

const cell = fc.string({ unit: fc.constantFrom(...'a,"\n\r 1é\u2028'.split('')), maxLength: 12 });
const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

test('property: what is written as CSV is read as it was', () => {
  // a lone empty cell is an empty line
  const readable = rows.filter((all) => all.every((cells) => cells.length > 1 || cells[0] !== ''));
  fc.assert(
    fc.property(readable, fc.constantFrom('\n', '\r\n'), (all, end) => {
      const text = all.map((cells) => csvText([cells]).replace(/\n$/, end)).join('');
      expect(csvRows(text)?.map(({ cells }) => cells)).toEqual(all);
    }),
  );
});

test('property: total, and linear in its length', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), cell), (text) => {
      const read = csvRows(text);
      if (read) expect(read.flatMap(({ cells }) => cells).join('').length).toBeLessThanOrEqual(text.length);
    }),
  );
  const long = `"${'a""'.repeat(1_000_000)}`;
  const began = performance.now();
  expect(csvRows(long)).toBeUndefined();
  expect(csvRows(`${long}"\n`)?.[0]?.cells[0]).toHaveLength(2_000_000);
  expect(performance.now() - began).toBeLessThan(30_000);
});
