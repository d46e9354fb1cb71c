import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BERTH_FILE, LAUNCH_RECORD_VERSION } from '@berth/schema';
import { readRecord } from '../../../server/src/cli/read-record.ts';

let spec: string;
let file: string;
beforeEach(() => {
  spec = mkdtempSync(join(tmpdir(), 'berth-record-'));
  file = join(spec, BERTH_FILE);
});
afterEach(() => {
  rmSync(spec, { recursive: true });
});
const me = process.getuid?.() ?? 0;

const sections = ['image', 'kernel', 'resources', 'source', 'store', 'slurm', 'node', 'container', 'limits'];
const record = { version: LAUNCH_RECORD_VERSION, ...Object.fromEntries(sections.map((name) => [name, {}])) };

test('is read', () => {
  writeFileSync(file, JSON.stringify(record));
  expect(readRecord(spec, me)).toEqual(record);
});

test("another's is not", () => {
  writeFileSync(file, JSON.stringify(record));
  // as root the file is root's, whom everybody trusts
  if (me === 0) execFileSync('/bin/chown', ['65534', file]);
  expect(() => readRecord(spec, me === 0 ? 1000 : me + 1)).toThrow('it belongs to another user');
});

test.each([
  ['nothing', 'it is not there', () => undefined],
  ['no JSON', 'JSON', () => writeFileSync(file, '{')],
  ['a directory', 'it is not a regular file', () => mkdirSync(file)],
  // opened to be read, it would wait for a writer for ever
  ['a pipe', 'it is not a regular file', () => execFileSync('/usr/bin/mkfifo', [file])],
  [
    'far too long',
    'it is longer than 8388608 bytes',
    () => {
      writeFileSync(file, '');
      truncateSync(file, 2 ** 33);
    },
  ],
])('%s is refused: %s', (_, why, make) => {
  make();
  expect(() => readRecord(spec, me)).toThrow(why);
});
