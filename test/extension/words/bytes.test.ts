import { expect, test } from '@jest/globals';
import { bytesWords } from '../../../extension/src/words/bytes.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_999, '1.0 MB'],
  [184_000_000, '184 MB'],
  [1_420_000_000, '1.4 GB'],
  [3e15, '3000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesWords(bytes)).toBe(text);
});
