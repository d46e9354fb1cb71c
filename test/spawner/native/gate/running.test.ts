import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../../../cluster/until.ts';
import { changedPlace, gatePrograms } from '../place-program.ts';
import { workspace } from '../placed.ts';
import { ownGate, type Called, type OwnGate } from './own-gate.ts';

const open: OwnGate[] = [];
const gateWith = async (options: Parameters<typeof ownGate>[0] = {}): Promise<OwnGate> => {
  const gate = await ownGate(options);
  open.push(gate);
  for (const verb of ['srun', 'squeue']) await symlink(gate.shim, join(gate.directory, verb));
  return gate;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((gate) => gate.end()));
});

const DONE = { words: ['--berth-image=none', 'x'], env: [['STAND_IN', 'exit 0']] } as const;
const WAIT = { words: ['--berth-image=none', 'x'], env: [['STAND_IN', 'wait']] } as const;
const counted = (gate: OwnGate, more: readonly (readonly [string, string])[] = []) =>
  [['STAND_IN', 'count'], ['STAND_IN_FILE', join(gate.directory, 'asked')], ...more] as const;
const asked = async (gate: OwnGate): Promise<number> =>
  (await readFile(join(gate.directory, 'asked'), 'utf8').catch(() => '')).length;

describe('calls beside each other have nothing of each other', () => {
  const shell = (gate: OwnGate, script: string): Promise<Called> =>
    gate.call('bash', {
      program: '/bin/bash',
      words: ['-c', script],
      env: [...counted(gate, [['STAND_IN_SLOW', '1.5']]), ['PATH', `${gate.directory}:/usr/bin:/bin`]],
    });
  // the step begins while the question waits for its answer
  const QUESTION_INTO_STEP =
    'squeue 2> /dev/null | { sleep 0.1; STAND_IN=copy srun --berth-image=none cat; }';
  const QUESTION_BESIDE_STEP =
    '(sleep 0.1; STAND_IN=wait exec srun --berth-image=none x > /dev/null) & squeue 2> /dev/null | wc -l; kill $!; wait';

  test('a question piped into a step comes to its end', async () => {
    const gate = await gateWith(await gatePrograms(true));
    expect((await shell(gate, QUESTION_INTO_STEP)).stdout.toString()).toBe('squeue answers\n');
    expect(gate.said()).toBe('');
  });

  test('nor waits one for a step that has nothing to do with it', async () => {
    const gate = await gateWith(await gatePrograms(true));
    expect((await shell(gate, QUESTION_BESIDE_STEP)).stdout.toString()).toBe('1\n');
  });

  test('control: with the others` descriptors it waits as long as the step', async () => {
    const { path, remove } = await workspace();
    const from = 'if (&visitors[at] != visitor) request_end(&visitors[at].request);';
    await changedPlace([{ file: 'gate/main.c', from, to: '' }], path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    const { status } = await shell(gate, `timeout 3 bash -c '${QUESTION_INTO_STEP}'`);
    expect(status).toBe(124);
    await remove();
  });
});

describe('so many at once', () => {
  test('beyond it a step is refused in a sentence, and a question or a scancel is not', async () => {
    const { path, remove } = await workspace();
    const changes = [
      { file: 'gate/running.c', from: '#define LASTING_MOST 1024', to: '#define LASTING_MOST 4' },
    ];
    await changedPlace(changes, path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    const steps = await Promise.all(Array.from({ length: 4 }, () => gate.start('srun', WAIT)));
    const { status, stderr } = await gate.call('srun', WAIT);
    expect({ status, stderr }).toEqual({
      status: 126,
      stderr: expect.stringContaining('run from this kernel already') as unknown as string,
    });
    expect((await gate.call('scancel', { words: ['1'] })).status).toBe(0);
    expect((await gate.call('squeue')).status).toBe(0);
    process.kill(steps[0]?.pid ?? 0, 'SIGTERM');
    await gate.ended(steps[0]?.pid ?? 0);
    // its place is free when the gate has seen the end of the process that told it
    expect(await until(async () => (await gate.call('srun', DONE)).status === 0, 5000)).toBe(true);
    const next = await gate.start('srun', WAIT);
    for (const { pid } of [...steps.slice(1), next]) process.kill(pid, 'SIGTERM');
    for (const { pid } of [...steps.slice(1), next]) await gate.ended(pid);
    await remove();
  });

  test('300 steps, and scancel within a second', async () => {
    const gate = await gateWith();
    const steps = await Promise.all(Array.from({ length: 300 }, () => gate.start('srun', WAIT)));
    const times: number[] = [];
    // the quickest of three: the machine may have other things to do
    for (let round = 0; round < 3; round++) {
      const began = performance.now();
      expect((await gate.call('scancel', { words: ['1'] })).status).toBe(0);
      times.push(performance.now() - began);
    }
    expect(Math.min(...times)).toBeLessThan(1000);
    for (const { pid } of steps) process.kill(pid, 'SIGTERM');
    await Promise.all(steps.map(({ pid }) => gate.ended(pid)));
  });
});

describe('a step that runs on', () => {
  test('answers are kept beside it (T10), and from before its begin and its end they are not (T10b)', async () => {
    const gate = await gateWith();
    const ask = () => gate.call('squeue', { env: counted(gate) });
    await ask();
    const step = await gate.start('srun', WAIT);
    const began = performance.now();
    for (let round = 0; round < 30; round++) await ask();
    const seconds = (performance.now() - began) / 1000;
    const during = await asked(gate);
    expect(during).toBeGreaterThanOrEqual(2);
    expect(during).toBeLessThanOrEqual(2 + Math.ceil(seconds));
    process.kill(step.pid, 'SIGTERM');
    await gate.ended(step.pid);
    await ask();
    expect(await asked(gate)).toBe(during + 1);
  });

  test('who is told its end asks anew, though the gate hears of that end later', async () => {
    const { path, remove } = await workspace();
    const from = 'tell_end(request, &call.link, NULL, call.status);';
    const later = 'for (int fd = 0; fd < 3; fd++) close(request->standard[fd]);\n    usleep(2000000);';
    await changedPlace([{ file: 'gate/call.c', from, to: `{ ${from} ${later} }` }], path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    const step = await gate.start('srun', WAIT);
    const ask = () => gate.call('squeue', { env: counted(gate) });
    await ask();
    process.kill(step.pid, 'SIGTERM');
    await gate.ended(step.pid);
    await ask();
    expect(await asked(gate)).toBe(2);
    await remove();
  });

  test('who is told late is told that answer, and no other that is being asked for in its place', async () => {
    const { path, remove } = await workspace();
    const from = '  struct shim_link link = {.fd = shim};\n  signal(SIGPIPE, SIG_IGN);\n  tell_end(';
    const to = from.replace('  tell_end(', '  usleep(3000000);\n  tell_end(');
    await changedPlace([{ file: 'gate/call.c', from, to }], path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    // what calls it has begun
    await gate.call('scontrol');
    const late = gate.call('squeue', { env: [['STAND_IN', 'exit 5']] });
    // until its answer is older than the second for which one is kept: of that nothing outside of the gate tells
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const next = gate.call('squeue', { env: [['STAND_IN', 'exit 7']] });
    expect((await late).status).toBe(5);
    expect((await next).status).toBe(7);
    await remove();
  });

  test('who asked before a change gets that answer, who asks after it another', async () => {
    const gate = await gateWith();
    const slow = { env: counted(gate, [['STAND_IN_SLOW', '0.3']]) };
    const first = gate.call('squeue', slow);
    while ((await asked(gate)) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await gate.call('scancel', { words: ['1'] });
    expect((await first).stdout.toString()).toBe('squeue answers\n');
    expect(await asked(gate)).toBe(1);
    await gate.call('squeue', slow);
    expect(await asked(gate)).toBe(2);
  });
});
