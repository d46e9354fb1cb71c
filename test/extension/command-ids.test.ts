import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandIDs } from '../../extension/src/command-ids.ts';

test('toolbar and context menu name commands that there are', () => {
  const settings = readFileSync(join(__dirname, '../../extension/schema/plugin.json'), 'utf8');
  const named = [...settings.matchAll(/"command": "([^"]+)"/g)].map(([, id]) => id);
  expect(named).toEqual([CommandIDs.runAsJob, CommandIDs.runFileAsJob]);
});
