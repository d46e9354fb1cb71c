import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { placeProgram } from '../../../spawner/native/place-program.ts';

/** The verb itself, with the berth-place that is installed beside the bundle. */
const SHELL = `
const { shell } = await import(process.argv[1]);
const context = { env: { PATH: '/usr/bin:/bin', HOME: process.argv[3] }, place: process.argv[2], note: (line) => console.error(line) };
await shell.run(context, { positionals: ['NO NAME'] });`;

test('the shell of the node is one that nothing of Node is left in', async () => {
  const source = join(import.meta.dirname, '../../../../server/src/cli/verbs/shell.ts');
  const child = spawn(
    process.execPath,
    // nobody's ~/.profile is read
    ['--conditions=berth-source', '-e', SHELL, source, await placeProgram(), import.meta.dirname],
    { timeout: 20_000 },
  );
  const said = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  child.stdin.end(
    'echo BEGIN; (yes; echo $? >&2) | head -1; grep -E "Sig(Ign|Blk)" /proc/self/status; echo $0\n',
  );
  const [stdout, stderr, [status]] = (await said) as [string, string, [number | null]];
  expect(status).toBe(0);
  // a login shell also says what /etc/profile does
  expect(stdout.slice(stdout.indexOf('BEGIN\n')).split('\n')).toEqual([
    'BEGIN',
    'y',
    'SigBlk:\t0000000000000000',
    'SigIgn:\t0000000000000000',
    userInfo().shell,
    '',
  ]);
  expect(stderr).toContain('not in the image, but on the node itself');
  expect(stderr).toMatch(/^141$/m);
});
