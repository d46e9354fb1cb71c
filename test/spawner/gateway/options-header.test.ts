import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { optionsHeader } from '../../../spawner/src/gateway/options-header.ts';

test('the table that the gate is compiled with is made from the one source: npm run slurm-options', async () => {
  const header = join(import.meta.dirname, '../../../spawner/native/gate/options_table.h');
  expect(await readFile(header, 'utf8')).toBe(optionsHeader());
});
