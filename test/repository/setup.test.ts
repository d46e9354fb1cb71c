import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './source-file.ts';

let clone: string;
let calls: string;

/** A clone with the scripts alone; apt, npm and the like are programs that write down how they were called. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'berth-setup-'));
  chmodSync(clone, 0o755);
  calls = join(clone, 'calls');
  writeFileSync(calls, '');
  for (const folder of ['scripts', 'binder'])
    cpSync(join(root, folder), join(clone, folder), { recursive: true });
  mkdirSync(join(clone, 'test'));
  for (const list of ['apt.txt', 'requirements.txt'])
    cpSync(join(root, 'test', list), join(clone, 'test', list));
  mkdirSync(join(clone, 'fake'));
  writeLock('sha512-a');
  fake('sudo', 'exit 0');
  fake('id', 'echo 1000');
  fake(
    'dpkg-query',
    aptPackages()
      .map((name) => `echo "${name} installed"`)
      .join('\n'),
  );
  // what npm ci leaves: a Node, and npm's record of what it installed
  fake(
    'npm',
    `mkdir -p node_modules/.bin && ln -sf ${process.execPath} node_modules/.bin/node &&
    cp package-lock.json node_modules/.package-lock.json`,
  );
  // the Python environment is there
  mkdirSync(join(clone, '.venv/bin'), { recursive: true });
  symlinkSync('/bin/true', join(clone, '.venv/bin/python3'));
  const hash = createHash('sha256')
    .update(readFileSync(join(clone, 'binder/requirements.txt')))
    .digest('hex');
  mkdirSync(join(clone, '.berth/stamps'), { recursive: true });
  writeFileSync(join(clone, '.berth/stamps/venv'), `${hash.slice(0, 16)} ${join(clone, '.venv')}\n`);
});
afterEach(() => {
  rmSync(clone, { recursive: true });
});

const aptPackages = () =>
  ['binder/apt.txt', 'test/apt.txt'].flatMap((list) =>
    readFileSync(join(root, list), 'utf8').trim().split('\n'),
  );
const writeLock = (integrity: string) => {
  writeFileSync(
    join(clone, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { integrity } } }),
  );
};
const fake = (name: string, script: string) => {
  writeFileSync(join(clone, 'fake', name), `#!/bin/sh\necho "${name} $*" >>${calls}\n${script}\n`, {
    mode: 0o755,
  });
};
const setup = () => {
  writeFileSync(calls, '');
  const env = { PATH: `${join(clone, 'fake')}:/usr/bin:/bin` };
  const { status, stderr, stdout } = spawnSync('/bin/sh', ['scripts/setup.sh', '--no-build'], {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  const called = readFileSync(calls, 'utf8')
    .split('\n')
    .filter((line) => /^(?:npm|sudo)/.test(line));
  return { status, output: stdout + stderr, called };
};

test('the second run does nothing and says nothing', () => {
  expect(setup()).toMatchObject({ status: 0, called: ['npm ci --loglevel=error --no-progress'] });
  expect(setup()).toEqual({ status: 0, output: '', called: [] });
});

test('a changed lock file is installed', () => {
  setup();
  writeLock('sha512-b');
  expect(setup().called).toHaveLength(1);
  expect(setup().called).toEqual([]);
});

test('missing Debian packages are installed by sudo, after one update, and only they', () => {
  const [missing = '', ...there] = aptPackages();
  fake('dpkg-query', there.map((name) => `echo "${name} installed"`).join('\n'));
  const { status, called } = setup();
  expect(status).toBe(0);
  expect(called.filter((line) => line.includes('apt-get'))).toEqual([
    'sudo -n apt-get -q update',
    `sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install ${missing}`,
  ]);
});

test('a package that was removed, but not its configuration, is missing', () => {
  const [first = '', ...rest] = aptPackages();
  fake(
    'dpkg-query',
    [`echo "${first} config-files"`, ...rest.map((name) => `echo "${name} installed"`)].join('\n'),
  );
  expect(setup().called.join('\n')).toContain(`install ${first}`);
});

test('without root and sudo it names what is missing', () => {
  fake('dpkg-query', 'exit 0');
  fake('sudo', 'exit 1');
  const { status, output } = setup();
  expect(status).toBe(1);
  expect(output).toContain(`apt-get install --no-install-recommends ${aptPackages().join(' ')}`);
});

test.each([
  [
    'others may write there',
    () => {
      chmodSync(join(clone, '.venv'), 0o777);
    },
  ],
  [
    'it is a link',
    () => {
      rmSync(join(clone, '.venv'), { recursive: true });
      symlinkSync('/tmp', join(clone, '.venv'));
    },
  ],
])('the Python environment is refused when %s (T5)', (_, spoil) => {
  spoil();
  const { status, output } = setup();
  expect(status).toBe(1);
  expect(output).toContain('only you can write');
});

test('below a directory that others cannot enter, the Python environment goes elsewhere', () => {
  const path = () =>
    spawnSync('/bin/sh', ['scripts/venv-path.sh'], { cwd: clone, encoding: 'utf8' }).stdout.trim();
  expect(path()).toBe(join(clone, '.venv'));
  chmodSync(clone, 0o700);
  expect(path()).toMatch(/^\/var\/tmp\/berth-venv-\d+-[0-9a-f]{16}$/);
});

test('a Python environment that somebody else makes just now is not used (T5)', () => {
  rmSync(join(clone, '.venv'), { recursive: true });
  // the other one is quicker: between our looking and our making
  fake('rm', '/bin/rm "$@"; case $* in *.venv) mkdir .venv ;; esac');
  const { status, output } = setup();
  expect([status, output]).toEqual([1, expect.stringContaining('made by somebody else')]);
});

test('a clone in which nothing can be written is told in words', () => {
  rmSync(join(clone, '.berth'), { recursive: true });
  writeFileSync(join(clone, '.berth'), '');
  const { status, output } = setup();
  expect([status, output]).toEqual([
    1,
    expect.stringMatching(/^setup: nothing can be written in .*\/\.berth: is this clone yours\?\n$/),
  ]);
});

describe('the file that keeps daemons from starting', () => {
  let guard: string;
  beforeEach(() => {
    guard = join(clone, 'policy-rc.d');
    const script = join(clone, 'scripts/setup.sh');
    const text = readFileSync(script, 'utf8').replace('/usr/sbin/policy-rc.d', guard);
    expect(text).toContain(guard);
    writeFileSync(script, text);
    fake('sudo', 'shift; exec "$@"');
    fake('apt-get', '');
  });
  const missOne = () => {
    const rest = aptPackages().slice(1);
    fake('dpkg-query', rest.map((name) => `echo "${name} installed"`).join('\n'));
  };

  test('is there while apt-get runs, and gone after it', () => {
    missOne();
    fake('apt-get', `cat ${guard} >>${join(clone, 'seen')}`);
    expect(setup().status).toBe(0);
    expect(readFileSync(join(clone, 'seen'), 'utf8')).toMatch(/^exit 101$/m);
    expect(existsSync(guard)).toBe(false);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('goes with a setup that %s ends', async (signal) => {
    missOne();
    fake('apt-get', `echo waits >>${join(clone, 'waits')}; exec sleep 60`);
    const env = { PATH: `${join(clone, 'fake')}:/usr/bin:/bin` };
    const waits = `while [ ! -e waits ]; do sleep 0.05; done; cat policy-rc.d; rm waits`;
    // a group of its own, as a terminal's Ctrl-C reaches it
    const child = spawn('/bin/sh', ['scripts/setup.sh', '--no-build'], {
      cwd: clone,
      env,
      detached: true,
      stdio: 'ignore',
    });
    try {
      const ended = once(child, 'exit');
      const seen = spawnSync('/bin/sh', ['-c', waits], { cwd: clone, encoding: 'utf8', timeout: 20_000 });
      expect(seen.stdout).toMatch(/^exit 101$/m);
      process.kill(-(child.pid ?? 0), signal);
      expect((await ended)[0]).toBeGreaterThan(128);
      expect(existsSync(guard)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test.each([
    ['a killed setup left', '# for the time of a setup of Berth, process 999999999', false],
    ['a setup that runs has made', `# for the time of a setup of Berth, process ${process.pid}`, true],
    ['the site has made', '# ours', true],
  ])('one that %s', (_, line, stays) => {
    writeFileSync(guard, `#!/bin/sh\n${line}\nexit 101\n`);
    expect(setup().status).toBe(0);
    expect(existsSync(guard)).toBe(stays);
  });
});

test("binder's start becomes the command, with berth on its PATH", () => {
  const { stdout } = spawnSync(
    join(clone, 'binder/start'),
    ['/bin/sh', '-c', 'echo "$PATH|$1"', '-', 'a  b'],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout).toMatch(/^[^:]*\/dist\/bin:.*\|a {2}b\n$/);
});
