import { expect, test } from '@jest/globals';
import { readBounded } from '../../../spawner/src/image/read-bounded.ts';
import { inSlices } from './archives.ts';

test('to the byte', async () => {
  const bytes = Buffer.alloc(1000, 'x');
  expect((await readBounded(inSlices(bytes, 300), 1000, 'it')).equals(bytes)).toBe(true);
  const refused = { code: 'limit-exceeded', details: { what: 'it', limit: 999, key: 'manifestBytes' } };
  await expect(readBounded(inSlices(bytes, 300), 999, 'it')).rejects.toMatchObject(refused);
});
