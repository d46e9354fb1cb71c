/** The smaller scripts, each in a clone that holds no more than it needs. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './source-file.ts';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'berth-scripts-'));
  chmodSync(clone, 0o755);
  for (const folder of ['scripts', 'binder'])
    cpSync(join(root, folder), join(clone, folder), { recursive: true });
});
afterEach(() => {
  rmSync(clone, { recursive: true });
});

const put = (path: string, text: string, mode = 0o644) => {
  const file = join(clone, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
};
const sh = (...args: readonly string[]) =>
  spawnSync('/bin/sh', args, { cwd: clone, encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
const modeOf = (path: string) => statSync(join(clone, path)).mode & 0o7777;

describe('install.sh', () => {
  beforeEach(() => {
    put('node_modules/node/bin/node', 'node', 0o755);
    put('dist/bin/berth', 'berth', 0o755);
    put('dist/lib/berth.mjs', 'main');
    for (const name of ['berth-place', 'berth-gate', 'berth-shim']) put(`dist/lib/${name}`, 'program', 0o755);
  });
  const me = process.getuid?.() ?? 0;

  test('all of it belongs to who installs, also where the clone is of another', () => {
    const node = join(clone, 'node_modules/node/bin/node');
    // sudo, in a clone of an ordinary user
    if (me === 0) chownSync(node, 65534, 65534);
    const { status, stdout } = sh('scripts/install.sh', 'prefix');
    expect([status, stdout]).toEqual([0, `ready: ${join(clone, 'prefix/bin/berth')}\n`]);
    const files = readdirSync(join(clone, 'prefix'), { recursive: true, encoding: 'utf8' });
    expect(files).toContain('lib/node');
    for (const file of files) expect([file, statSync(join(clone, 'prefix', file)).uid]).toEqual([file, me]);
    if (me === 0) expect(statSync(node).nlink).toBe(1);
  });

  test('a second run changes nothing of it', () => {
    for (const _ of [1, 2]) expect(sh('scripts/install.sh', 'prefix').status).toBe(0);
    expect(readdirSync(join(clone, 'prefix/lib')).sort()).toEqual([
      'berth-gate',
      'berth-place',
      'berth-shim',
      'berth.mjs',
      'node',
    ]);
    expect([modeOf('prefix'), modeOf('prefix/lib'), modeOf('prefix/lib/node')]).toEqual([
      0o755, 0o755, 0o755,
    ]);
  });

  test('a directory that was there keeps its mode, and that is said', () => {
    mkdirSync(join(clone, 'prefix'));
    chmodSync(join(clone, 'prefix'), 0o700);
    const { status, stderr } = sh('scripts/install.sh', 'prefix');
    expect([status, modeOf('prefix'), stderr]).toEqual([
      0,
      0o700,
      expect.stringMatching(/^other users cannot enter .*prefix: left as it is\n$/),
    ]);
  });
});

describe('wheel.sh', () => {
  beforeEach(() => {
    put('dist/bin/berth', '', 0o755);
    put('node_modules/node/bin/node', '#!/bin/sh\n', 0o755);
    // hatchling: -B -m hatchling build -t wheel -d DIRECTORY
    put('.venv/bin/python3', '#!/bin/sh\necho new >"$8/jupyter_berth-0.2.0-py3-none-any.whl"\n', 0o755);
    mkdirSync(join(clone, 'extension'));
    put('dist/wheel/jupyter_berth-0.1.0-py3-none-any.whl', 'old');
  });

  test('the new wheel is the only one, and nothing else is left', () => {
    expect(sh('scripts/wheel.sh')).toMatchObject({
      status: 0,
      stdout: 'dist/wheel/jupyter_berth-0.2.0-py3-none-any.whl\n',
    });
    expect(readdirSync(join(clone, 'dist/wheel'))).toEqual(['jupyter_berth-0.2.0-py3-none-any.whl']);
    expect(readdirSync(join(clone, 'dist')).sort()).toEqual(['bin', 'wheel']);
  });

  test('one that fails leaves the old wheel', () => {
    put('.venv/bin/python3', '#!/bin/sh\nexit 1\n', 0o755);
    expect(sh('scripts/wheel.sh').status).toBe(1);
    expect(readdirSync(join(clone, 'dist/wheel'))).toEqual(['jupyter_berth-0.1.0-py3-none-any.whl']);
  });

  test('setup packs anew where two wheels are there and a source is newer', () => {
    put('dist/wheel/jupyter_berth-0.0.9-py3-none-any.whl', 'older');
    for (const name of readdirSync(join(clone, 'dist/wheel')))
      utimesSync(join(clone, 'dist/wheel', name), 1, 1);
    put('extension/newer.ts', '');
    const part = sh('-c', `set -eu; say() { :; }; ${packingPart()}`);
    expect([part.stderr, readdirSync(join(clone, 'dist/wheel'))]).toEqual([
      expect.any(String),
      ['jupyter_berth-0.2.0-py3-none-any.whl'],
    ]);
  });

  /** The last part of setup.sh alone: the others need a network. */
  const packingPart = (): string => {
    const text = spawnSync('/bin/sed', ['-n', '/^# all of it as one file/,$p', 'scripts/setup.sh'], {
      cwd: clone,
      encoding: 'utf8',
    }).stdout;
    expect(text).toContain('scripts/wheel.sh');
    return text;
  };
});

describe('test.sh with arguments', () => {
  /** Stands in for Node: jest writes a report of so many tests; all else runs. */
  const withTests = (count: number) => {
    put('scripts/setup.sh', '');
    put('scripts/wheel.sh', '');
    put(
      'node_modules/.bin/node',
      [
        '#!/bin/sh',
        `case "$*" in *jest.js*) ;; *bundle.ts) exit 0 ;; *) exec ${process.execPath} "$@" ;; esac`,
        'while [ "$1" != --outputFile ]; do shift; done',
        `echo '{"numTotalTests":${count}}' >"$2"`,
      ].join('\n'),
      0o755,
    );
    return sh('scripts/test.sh', 'test/typo');
  };
  test('fails when they name no test at all', () => {
    expect(withTests(0)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('no test is named by: test/typo'),
    });
  });
  test('control: one is enough', () => {
    expect(withTests(1).status).toBe(0);
  });
});
