import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gatePrograms } from '../place-program.ts';
import { given, ownGate, type OwnGate } from './own-gate.ts';

let gate: OwnGate;
beforeEach(async () => {
  gate = await ownGate(await gatePrograms(true));
});
afterEach(() => gate.end());

const MARK = '\n# ---- what follows is the script itself, for berth-place ----\n';

/** What Slurm is given on standard input. */
const outer = async (script: Buffer | string, words: readonly string[] = []): Promise<string> => {
  const call = { words, input: Buffer.from(script as string), env: [['STAND_IN', 'copy']] as const };
  return (await gate.call('sbatch', call)).stdout.toString('latin1');
};

describe('a script goes to Slurm as data behind one and the same command (T35)', () => {
  test('golden', async () => {
    const script = '#!/opt/env/bin/python\n# mine\n#SBATCH -n 2\n\nprint(1)\n#SBATCH -n 3\n';
    const [head = '', data] = (await outer(script)).split(MARK);
    expect(data).toBe(script);
    const order = /\/store\/orders\/[0-9a-f]{16}/.exec(head)?.[0] ?? '';
    const place = /'([^']*\/berth-place)'/.exec(head)?.[1] ?? '';
    const command = `exec '${place}' job '${gate.directory}${order}' "$0" "$@"`;
    expect(head).toBe(`#!/bin/sh\n# mine\n#SBATCH -n 2\n\n${command}`);
  });

  test('property: of any script nothing but comments is in front of it, and all of it behind', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        '',
        '#',
        '#SBATCH --mem=1',
        ' # x',
        '\f# touch x',
        '\v#',
        '\t#',
        'touch x',
        '# a\\',
        '#SBATCH $(touch x) `x`',
        '"',
        "'",
      ),
      fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[\n\r\0]/g, '#')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, ends) => {
        const script = `${['#!/bin/sh', ...lines].join('\n')}${ends ? '\n' : ''}`;
        const made = Buffer.from(await outer(script), 'latin1').toString('utf8');
        const at = made.indexOf(MARK);
        expect(made.slice(at + MARK.length)).toBe(script);
        const head = made.slice(0, at).split('\n');
        expect(head.at(-1)).toMatch(/^exec '/);
        for (const one of head.slice(1, -1)) expect(one).toMatch(/^(?:[ \t]*#.*)?$/);
      }),
      { numRuns: 100 },
    );
    expect(gate.said()).toBe('');
  });

  test.each([
    ['nothing', ''],
    ['no script', 'echo 1\n'],
    ['line ends of DOS', '#!/bin/sh\r\necho 1\r\n'],
    ['a NUL', '#!/bin/sh\necho \0\n'],
  ])('%s: as it is, for sbatch to refuse', async (_name, script) => {
    expect(await outer(script)).toBe(script);
  });

  test('an image of its own: by word or by line', async () => {
    const script = '#!/bin/sh\n#SBATCH --berth-image=none\ntrue\n';
    expect(await outer(script)).toBe(script);
    expect(await outer('#!/bin/sh\ntrue\n', ['--berth-image=none'])).toBe('#!/bin/sh\ntrue\n');
    const { status, stderr } = await gate.call('sbatch', {
      input: Buffer.from('#!/bin/sh\n#SBATCH --berth-image=x:1\n'),
    });
    expect(status).toBe(126);
    expect(stderr).toContain('x:1');
  });
});

describe('where the script comes from', () => {
  test('a file: under its own name, for as long as sbatch runs, with the words behind it', async () => {
    const path = join(gate.directory, 'my job.sh');
    await writeFile(path, '#!/bin/sh\ntrue\n');
    const { stdout } = await gate.call('sbatch', { words: ['-n2', path, 'a', '--b', 'c d'] });
    const words = given(stdout).words;
    expect(words).toEqual([
      'sbatch',
      '-n2',
      expect.stringMatching(/^\/tmp\/berth-\w{6}\/my job\.sh$/),
      'a',
      '--b',
      'c d',
    ]);
    const { status, stderr } = await gate.call('sbatch', { words: [join(gate.directory, 'none.sh')] });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `sbatch: error: Unable to open file ${gate.directory}/none.sh\n`,
    });
  });

  test('--wrap, in any form: a script as sbatch would make it, and its name', async () => {
    for (const words of [['--wrap=echo $(id)'], ['--wrap', 'echo $(id)'], ['--wra', 'echo $(id)']]) {
      const made = await outer('', ['-n1', ...words, '-N1']);
      expect(made.split(MARK)[1]).toBe(
        '#!/bin/sh\n# This script was created by sbatch --wrap.\n\necho $(id)\n',
      );
      const { stdout } = await gate.call('sbatch', { words: ['-n1', ...words, '-N1'] });
      expect(given(stdout).words).toEqual(['sbatch', '-n1', '--job-name=wrap', '-N1']);
      const named = await gate.call('sbatch', { words: ['-J', 'mine', ...words] });
      expect(given(named.stdout).words).toEqual(['sbatch', '-J', 'mine']);
    }
  });

  test('a second --wrap, which would run outside: refused', async () => {
    const { status, stdout, stderr } = await gate.call('sbatch', { words: ['--wrap=a', '--wra', 'b'] });
    expect({ status, size: stdout.length }).toEqual({ status: 126, size: 0 });
    expect(stderr).toContain('Only one --wrap');
  });

  test('--berth-image=none of the command itself, behind an option that nobody knows, is no word for us', async () => {
    const words = ['--new-option', 'prog', '--berth-image=none'];
    expect((await gate.call('srun', { words })).status).toBe(126);
    const outside = await gate.call('srun', { words: ['--berth-image=none', ...words] });
    expect(given(outside.stdout).words).toEqual(['srun', ...words]);
  });

  test('how to enter the image: a part whose writer was ended goes, one that is being written stays', async () => {
    const orders = join(gate.directory, 'store/orders');
    await mkdir(orders, { mode: 0o700 });
    const [part, recent] = [join(orders, '0123.abc'), join(orders, '0123.def')];
    for (const path of [part, recent]) await writeFile(path, '');
    await utimes(part, 0, Date.now() / 1000 - 7200);
    await gate.call('srun', { words: ['true'] });
    expect(await readdir(orders)).toEqual(
      expect.arrayContaining(['0123.def', expect.stringMatching(/^[0-9a-f]{16}$/)]),
    );
    expect(await readdir(orders)).not.toContain('0123.abc');
  });
});
