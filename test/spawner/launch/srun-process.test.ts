import { chmod, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastSlurmLine, startSrun, type SrunProcess } from '../../../spawner/src/launch/srun-process.ts';
import { inDirectory } from './launch-fixture.ts';

const started: SrunProcess[] = [];
afterEach(async () => {
  for (const srun of started.splice(0)) {
    srun.end();
    await srun.ended;
  }
});

/** an `srun` of our own on a PATH of our own */
const fake = (
  script: string,
  use: (srun: SrunProcess, errors: PassThrough) => Promise<void>,
): Promise<void> =>
  inDirectory(async (directory) => {
    await writeFile(`${directory}/srun`, `#!/bin/sh\n${script}\n`);
    await chmod(`${directory}/srun`, 0o755);
    const errors = new PassThrough().resume();
    const srun = startSrun(['srun', '--a b', '$(x)'], { PATH: `${directory}:/usr/bin:/bin` }, errors);
    started.push(srun);
    await use(srun, errors);
  });
const line = (srun: SrunProcess): Promise<string> =>
  new Promise((resolve) => srun.output.once('data', (chunk: Buffer) => resolve(chunk.toString())));

test('in a session and group of its own, argv unchanged, environment only the given one', () =>
  fake(
    'read -r _ _ _ _ pgid sid _ </proc/$$/stat; echo "$$ $pgid $sid|$*|$(env | cut -d= -f1 | sort | tr "\\n" " ")"; cat',
    async (srun) => {
      const [ids = '', argv, names] = (await line(srun)).split('|');
      const [pid, pgid, sid] = ids.split(' ');
      expect([pgid, sid]).toEqual([pid, pid]);
      expect(argv).toBe('--a b $(x)');
      expect(
        names
          ?.trim()
          .split(' ')
          .filter((name) => !/^(?:PWD|OLDPWD|SHLVL|_)$/.test(name)),
      ).toEqual(['PATH']);
      srun.input.end();
      expect(await srun.ended).toMatchObject({ status: 0 });
    },
  ));

test('SIGTERM first: an srun that waits gives its job back', () =>
  fake(
    'trap "echo srun: error: Force Terminated job 5 >&2; exit 7" TERM; echo up; while :; do sleep 0.02; done',
    async (srun) => {
      await line(srun);
      srun.end();
      srun.end();
      expect(await srun.ended).toEqual({ status: 7, signal: null, lastWords: 'Force Terminated job 5' });
      srun.end();
    },
  ));

test('SIGKILL for one that does not listen', () =>
  fake('trap "" TERM; echo up; while :; do sleep 0.02; done', async (srun) => {
    await line(srun);
    srun.end();
    expect(await srun.ended).toMatchObject({ status: null, signal: 'SIGKILL' });
  }));

test('on a machine that stood still nobody is late: it has its time to give the job back', () =>
  fake('trap "sleep 0.3; exit 7" TERM; echo "$$"; while :; do sleep 0.02; done', async (srun) => {
    const pid = Number(await line(srun));
    process.kill(pid, 'SIGSTOP');
    srun.end();
    // we stand still, too
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    process.kill(pid, 'SIGCONT');
    expect(await srun.ended).toMatchObject({ status: 7 });
  }));

test('its word on cpu binding is not for the log, and never its last', () =>
  fake(
    'echo "srun: job 5 queued" >&2; echo "srun: cluster configuration lacks support for cpu binding" >&2; printf "srun: cl" >&2; exit 3',
    async (srun, errors) => {
      const heard: string[] = [];
      errors.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
      expect(await srun.ended).toMatchObject({ status: 3, lastWords: 'cl' });
      expect(heard.join('')).toBe('srun: job 5 queued\nsrun: cl');
    },
  ));

test('what it says goes to the log as it is; a program that is missing ends like any other', async () => {
  await fake('echo "srun: job 5 queued" >&2; exit 3', async (srun, errors) => {
    const heard: string[] = [];
    errors.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    expect(await srun.ended).toEqual({ status: 3, signal: null, lastWords: 'job 5 queued' });
    expect(heard.join('')).toBe('srun: job 5 queued\n');
    srun.input.write('nobody reads this\n');
  });
  const gone = startSrun(['srun'], { PATH: '/nowhere' }, new PassThrough());
  expect(await gone.ended).toMatchObject({ status: 127, lastWords: expect.stringContaining('ENOENT') });
});

test('srun`s last complaint, and not what a task or a banner said after it', () => {
  const text = 'Welcome!\nsrun: error: Unable to allocate resources: Invalid partition\nbye\n';
  expect(lastSlurmLine(text)).toBe('Unable to allocate resources: Invalid partition');
  expect(lastSlurmLine('srun: Requested partition configuration not available now\n')).toContain('Requested');
  expect(lastSlurmLine('slurmstepd: error: *** STEP 5.0 ON n1 CANCELLED ***')).toContain('CANCELLED');
  const cancelled = 'slurmstepd-n1: error: *** STEP 3.0 ON n1 CANCELLED AT 2026-11-21T03:49:58 ***\n';
  expect(lastSlurmLine(`${cancelled}srun: error: n1: task 0: Killed\n`)).toMatch(
    /^\*{3} STEP 3.0 .+ CANCELLED/,
  );
  expect(lastSlurmLine('only this\n')).toBe('only this');
  expect(lastSlurmLine('')).toBe('');
});

test('property: total, one line, at most 500 characters, no control characters', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.oneof(fc.constantFrom('\n', '\r', '\u001b', ' ', 's'), fc.constant('srun: error: ')),
        maxLength: 900,
      }),
      (text) => {
        const last = lastSlurmLine(text);
        expect(last.length).toBeLessThanOrEqual(500);
        // eslint-disable-next-line no-control-regex -- these are what must not be there (T34)
        expect(/[\u0000-\u001f\u007f]/.test(last)).toBe(false);
      },
    ),
  );
});
