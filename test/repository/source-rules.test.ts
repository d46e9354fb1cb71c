import { describe, expect, test } from '@jest/globals';
import { allFiles, productFiles, testFiles } from './source-file.ts';
import {
  emptyNames,
  longFiles,
  processUses,
  shellScripts,
  shellUses,
  sleepingTests,
} from './source-rules.ts';

const file = (text: string, path = 'spawner/src/image/a.ts') => [{ path, text }];

describe('files', () => {
  test('are below 300 lines', () => {
    expect(longFiles(allFiles())).toEqual([]);
  });

  test('control: 300 lines are too many', () => {
    expect(longFiles(file('x\n'.repeat(300)))).toHaveLength(1);
    expect(longFiles(file('x\n'.repeat(299)))).toEqual([]);
  });

  test('are named for what they hold', () => {
    expect(emptyNames(allFiles())).toEqual([]);
  });

  test.each(['utils.ts', 'tar-helpers.ts', 'common/a.ts', 'misc.ts', 'job-manager.ts', 'util.test.ts'])(
    'control: %s says nothing',
    (name) => {
      expect(emptyNames(file('', `spawner/src/image/${name}`))).toHaveLength(1);
    },
  );
});

describe('the process', () => {
  test('is read and ended by server/src/cli alone', () => {
    const below = productFiles().filter(({ path }) => !path.startsWith('server/src/cli/'));
    expect(processUses(below)).toEqual([]);
  });

  test.each([
    'const home = process.env.HOME;',
    'process.exit(1);',
    'process.exitCode = 1;',
    'const [, , verb] = process.argv;',
    "const home = process['env'];",
    "import { env } from 'node:process';",
    "import process from 'node:process';",
    "const { env } = await import('node:process');",
    'const { env } = process;',
    'globalThis.process.env;',
    "globalThis['process'].env;",
    'const p = process; p.exit();',
    'use(process);',
    'process.on("exit", f);',
    'process.abort();',
  ])('control: %s', (text) => {
    expect(processUses(file(text))).toHaveLength(1);
  });

  test('control: reading its pid or memory is fine', () => {
    expect(
      processUses(file('process.pid; process.memoryUsage(); const env = 1; a.process; b({ process: 1 });')),
    ).toEqual([]);
  });
});

describe('no shell (T35)', () => {
  test('in any file', () => {
    expect(shellUses(allFiles())).toEqual([]);
  });

  test.each([
    "spawn('x', [], { shell: true });",
    "spawn('x', [], { shell: '/bin/sh' });",
    'spawn(x, [], { shell });',
    'const options = { shell: true };',
    "import { exec } from 'node:child_process';",
    "import { execSync as run } from 'child_process';",
    "import * as child from 'node:child_process';",
    "const child = await import('node:child_process');",
    "const { exec } = await import('node:child_process');",
    "const { execSync: run } = await import('child_process');",
    "const { ...all } = await import('node:child_process');",
    "(await import('node:child_process')).exec('x');",
    "const { exec } = require('child_process');",
  ])('control: %s', (text) => {
    expect(shellUses(file(text))).toHaveLength(1);
  });

  test('started by us with a script that is made, in what is delivered', () => {
    expect(shellScripts(productFiles())).toEqual([]);
  });

  test.each([
    "spawn('sh', ['-c', text]);",
    "spawn('/bin/bash', ['-euc', `cd ${place}`]);",
    "run(['unshare', 'sh', '-c', `cd ${place}`, 'sh', place]);",
    "execFile('sh', words);",
    "spawn('bash');",
    "const options = { shell: '/bin/sh' };",
    "const TEXT = `cd ${place}`; run(['sh', '-c', TEXT]);",
  ])('control: %s', (text) => {
    expect(shellScripts(file(text))).toHaveLength(1);
  });

  test.each([
    "run(['sh', '-c', 'test -x \"$1\"', 'sh', path]);",
    "const TEXT = 'cd \"$1\"'; run([...enter, 'sh', '-c', TEXT, 'sh', place]);",
    "const { spawn } = await import('node:child_process');",
  ])('control: fine is %s', (text) => {
    expect([...shellScripts(file(text)), ...shellUses(file(text))]).toEqual([]);
  });

  test('control: a person has a shell', () => {
    expect(shellUses(file("const alice = { name: 'alice', shell: '/bin/bash' };"))).toEqual([]);
  });

  test('control: argv arrays are fine', () => {
    expect(
      shellUses(
        file("import { execFile, spawn } from 'node:child_process'; spawn('x', [], { shell: false });"),
      ),
    ).toEqual([]);
  });
});

describe('tests', () => {
  test('all run', () => {
    expect(sleepingTests(testFiles())).toEqual([]);
  });

  test.each([
    "test.skip('x');",
    "describe.only('x');",
    "test.todo('x');",
    "xit('x');",
    "test.each([]).skip('x');",
  ])('control: %s', (text) => {
    expect(sleepingTests(file(text))).toHaveLength(1);
  });
});
