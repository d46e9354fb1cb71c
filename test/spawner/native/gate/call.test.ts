import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { until } from '../../../cluster/until.ts';
import { changedPlace, gatePrograms } from '../place-program.ts';
import { lives, workspace } from '../placed.ts';
import { given, ownGate, type OwnGate } from './own-gate.ts';

const open: OwnGate[] = [];
const gateWith = async (options: Parameters<typeof ownGate>[0] = {}): Promise<OwnGate> => {
  const gate = await ownGate(options);
  open.push(gate);
  return gate;
};
const hardened = async (): Promise<OwnGate> => gateWith(await gatePrograms(true));
afterEach(async () => {
  await Promise.all(open.splice(0).map((gate) => gate.end()));
});

const bytes = (text: Uint8Array): string => Buffer.from(text).toString('latin1');
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** anything that a system call takes: no NUL */
const word = fc.uint8Array({ maxLength: 60 }).map((found) => bytes(found.map((byte) => byte || 1)));
const name = word.map((found) => `x${found.replaceAll('=', '_')}`);

describe('argument for argument, byte for byte (T9)', () => {
  test('property: words and variables that are no text in any encoding', async () => {
    const gate = await hardened();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('squeue', 'scontrol', 'sacct'),
        fc.array(word, { maxLength: 20 }),
        fc.dictionary(name, word, { maxKeys: 20 }),
        async (verb, words, env) => {
          const pairs = Object.entries({ ...env, SQUEUE_X: String(Math.random()) });
          const { stdout, status } = await gate.call(verb, {
            words: words.map(latin),
            env: pairs.map(([key, value]) => [latin(key), latin(value)]),
          });
          expect(status).toBe(0);
          const found = given(stdout);
          expect(found.words).toEqual([verb, ...words]);
          expect(found.variables.slice(0, pairs.length)).toEqual(
            pairs.map(([key, value]) => `${key}=${value}`),
          );
          // and besides them only what is the gate's own
          const names = found.variables.slice(pairs.length).map((one) => one.split('=')[0]);
          expect(names).toEqual(['PATH', 'HOME', 'USER']);
        },
      ),
      { numRuns: 150 },
    );
    expect(gate.said()).toBe('');
  });

  test('a word of 128 KB, an empty one, one million bytes in all', async () => {
    const gate = await hardened();
    const words = ['', 'x'.repeat(131_071), ...Array.from({ length: 8 }, () => 'y'.repeat(100_000)), ''];
    expect(given((await gate.call('scontrol', { words })).stdout).words).toEqual(['scontrol', ...words]);
  });

  test('property: srun and salloc get one insertion in front of the command, and nothing else', async () => {
    const gate = await hardened();
    const option = fc.constantFrom(
      ['-n4'],
      ['-n', '4'],
      ['--ntasks=4'],
      ['--parti', '4'],
      ['-lun', '2'],
      ['--exclusive'],
      ['--nice'],
      ['-D', '-x'],
      ['--comment', '--'],
    );
    const command = fc.tuple(
      word.filter((found) => found !== '' && found !== ':' && !found.startsWith('-')),
      fc.array(
        word.filter((found) => found !== ':'),
        { maxLength: 6 },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(option, { maxLength: 4 }),
        fc.boolean(),
        command,
        async (options, marked, [first, rest]) => {
          const front = options.flat();
          const words = [...front, ...(marked ? ['--'] : []), first, ...rest];
          const { stdout } = await gate.call('srun', { words: words.map(latin) });
          const found = given(stdout).words;
          const inserted = [`--job-name=${first.slice(first.lastIndexOf('/') + 1)}`, '--'];
          expect(found.slice(0, front.length + 3)).toEqual(['srun', ...front, ...inserted]);
          expect(found[front.length + 3]).toMatch(/\/berth-place$/);
          expect(found.slice(front.length + 4)).toEqual([
            'run',
            expect.stringMatching(/\/store\/orders\/[0-9a-f]{16}$/) as unknown as string,
            '--',
            first,
            ...rest,
          ]);
        },
      ),
      { numRuns: 150 },
    );
    expect(gate.said()).toBe('');
  });
});

describe('which commands (T8)', () => {
  test.each(['sh', 'munge', 'sudo', 'squeue/../../bin/sh', '', 'sbatchx', 'slurmctld'])(
    'not %s',
    async (verb) => {
      const gate = await gateWith();
      const { status, stderr, stdout } = await gate.call(verb, { words: ['-c', 'true'] });
      expect(status).toBe(126);
      expect(stderr).toContain("only Slurm's own commands");
      expect(stdout).toHaveLength(0);
    },
  );

  test('control: without the list any program of that directory is run', async () => {
    const { path, remove } = await workspace();
    const changes = [
      {
        file: 'gate/command.c',
        from: 'if (verb_allowed(request->verb) < 0)',
        to: 'if (verb_allowed(request->verb) < -1)',
      },
    ];
    await changedPlace(changes, path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    expect((await gate.call('stand-in')).status).toBe(0);
    await remove();
  });
});

describe('as the command itself', () => {
  const wish = (what: string) => [['STAND_IN', what] as const];

  test.each([0, 1, 3, 126, 127, 255])('status %i', async (status) => {
    const gate = await hardened();
    expect((await gate.call('scancel', { env: wish(`exit ${status}`) })).status).toBe(status);
  });
  test.each([1, 2, 9, 11, 13, 15])('signal %i', async (signal) => {
    const gate = await gateWith();
    expect((await gate.call('scancel', { env: wish(`kill ${signal}`) })).status).toBe(-signal);
  });

  test('directory, umask, and no descriptor but the three; closed ones stay closed', async () => {
    const gate = await hardened();
    const look = (more: object) => gate.call('sacct', { env: wish('look'), cwd: '/usr', ...more });
    expect((await look({ umask: 0o027 })).stdout.toString()).toBe('027 /usr 0 1 2');
    expect((await look({ umask: 0, closed: [0] })).stdout.toString()).toBe('000 /usr 1 2');
    // a directory that only the callers see: home instead
    expect((await look({ cwd: '/run/berth' })).stdout.toString()).toBe(`022 ${gate.directory} 0 1 2`);
  });

  test('a pipe in and out, 64 MB', async () => {
    const gate = await gateWith();
    const input = Buffer.alloc(64 << 20, 'abcdefg');
    const { stdout } = await gate.call('srun', {
      words: ['--berth-image=none', 'cat'],
      env: wish('copy'),
      input,
    });
    expect(stdout.equals(input)).toBe(true);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGQUIT'] as const)(
    '%s reaches it, and is its end',
    async (signal) => {
      const gate = await hardened();
      const { pid, first } = await gate.start('srun', {
        words: ['--berth-image=none', 'x'],
        env: wish('wait'),
      });
      const real = Number(first.split(' ')[1]);
      process.kill(pid, signal);
      const number = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGUSR1: 10, SIGQUIT: 3 }[signal];
      expect((await gate.ended(pid)).status).toBe(-number);
      expect(lives(real)).toBe(false);
    },
  );

  test('SIGTSTP stops it and us, SIGCONT goes on', async () => {
    const gate = await gateWith();
    const { pid, first } = await gate.start('srun', {
      words: ['--berth-image=none', 'x'],
      env: wish('wait'),
    });
    const real = Number(first.split(' ')[1]);
    const stopped = async (one: number): Promise<boolean> =>
      /^State:\s+T/m.test(await readFile(`/proc/${one}/status`, 'utf8'));
    process.kill(pid, 'SIGTSTP');
    expect(await until(async () => (await stopped(pid)) && (await stopped(real)), 5000)).toBe(true);
    process.kill(pid, 'SIGCONT');
    expect(await until(async () => !(await stopped(pid)) && !(await stopped(real)), 5000)).toBe(true);
    process.kill(pid, 'SIGINT');
    expect((await gate.ended(pid)).status).toBe(-2);
  });

  test('killed without a word: the real command is told to end', async () => {
    const gate = await hardened();
    const { pid, first } = await gate.start('srun', {
      words: ['--berth-image=none', 'x'],
      env: wish('wait'),
    });
    process.kill(pid, 'SIGKILL');
    await gate.ended(pid);
    expect(await until(() => !lives(Number(first.split(' ')[1])), 5000)).toBe(true);
  });

  test('a gate that is gone: a sentence, and no command left', async () => {
    const gate = await gateWith();
    const { pid, first } = await gate.start('srun', {
      words: ['--berth-image=none', 'x'],
      env: wish('wait'),
    });
    gate.process.kill('SIGKILL');
    const { status, stderr } = await gate.ended(pid);
    expect({ status, stderr }).toEqual({
      status: 69,
      stderr: 'srun: the gate to Slurm has ended, and this command with it (Berth)\n',
    });
    expect(await until(() => !lives(Number(first.split(' ')[1])), 5000)).toBe(true);
    expect(await gate.call('squeue')).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('cannot be reached'),
    });
  });

  test('a gate that does not listen: a signal does what it does to any program', async () => {
    const gate = await gateWith();
    await gate.call('scontrol');
    gate.process.kill('SIGSTOP');
    const { pid } = await gate.start('bash', {
      program: '/bin/bash',
      words: ['-c', `echo; exec -a squeue ${gate.shim}`],
    });
    const isShim = async (): Promise<boolean> => (await readlink(`/proc/${pid}/exe`)) === gate.shim;
    expect(await until(isShim, 10_000)).toBe(true);
    process.kill(pid, 'SIGINT');
    expect((await gate.ended(pid)).status).toBe(-2);
  });

  test('64 calls at once', async () => {
    const gate = await hardened();
    const all = await Promise.all(
      Array.from({ length: 64 }, (_, at) => gate.call('scontrol', { words: [String(at)] })),
    );
    expect(all.map(({ stdout }) => given(stdout).words[1])).toEqual(all.map((_, at) => String(at)));
    expect(gate.said()).toBe('');
  });
});
