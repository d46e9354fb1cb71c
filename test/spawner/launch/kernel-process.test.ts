import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { startKernelProcess, type KernelProcess } from '../../../spawner/src/launch/kernel-process.ts';
import { until } from './until.ts';

const started: KernelProcess[] = [];
afterEach(async () => {
  for (const kernel of started.splice(0)) {
    kernel.stop(0);
    await kernel.exited;
  }
});

/** a kernel made of a shell script; `said` is all that it wrote so far */
function kernel(script: string, argv: readonly string[] = ['/bin/sh', '-c', script]) {
  const output = new PassThrough();
  let said = '';
  output.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const process = startKernelProcess(argv, { PATH: '/usr/bin:/bin' }, output);
  started.push(process);
  return { process, said: () => said };
}
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('its own status, its last words, and what it wrote; nothing to read on stdin', async () => {
  const { process, said } = kernel(
    'echo out; read -r x || echo no input; echo first >&2; echo "last words" >&2; exit 3',
  );
  expect(await process.exited).toEqual({
    code: 3,
    signal: null,
    outOfMemory: undefined,
    lastWords: 'last words',
  });
  expect(said()).toContain('out\nno input\n');
  expect(said()).toContain('first\nlast words\n');
});

test('killed by a signal; not called out of memory when the cgroup counted no such kill', async () => {
  const { process } = kernel('kill -SEGV $$');
  expect(await process.exited).toMatchObject({ code: null, signal: 'SIGSEGV' });
  const killed = kernel('kill -KILL $$');
  expect(await killed.process.exited).toMatchObject({
    code: null,
    signal: 'SIGKILL',
    outOfMemory: undefined,
  });
});

test('a command that is not there: 127 and the system`s words', async () => {
  expect(await kernel('', ['/nowhere/python']).process.exited).toMatchObject({
    code: 127,
    lastWords: expect.stringContaining('ENOENT'),
  });
});

test('a signal reaches the kernel`s group and nothing of ours', async () => {
  const { process, said } = kernel(
    'trap "echo me" USR1; (trap "echo child; exit" USR1; echo up; while :; do sleep 0.02; done) & while :; do sleep 0.02; done',
  );
  await until(() => said().includes('up'));
  process.signal('SIGUSR1');
  await until(() => said().includes('me') && said().includes('child'));
  expect(alive(process.pid)).toBe(true);
});

test('stop: SIGTERM, and SIGKILL after the grace for one that does not listen; twice is fine', async () => {
  const polite = kernel('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.02; done');
  await until(() => polite.said().includes('up'));
  polite.process.stop(5000);
  polite.process.stop(5000);
  expect(await polite.process.exited).toMatchObject({ code: 0 });
  const stubborn = kernel('trap "" TERM; echo up; while :; do sleep 0.02; done');
  await until(() => stubborn.said().includes('up'));
  stubborn.process.stop(50);
  expect(await stubborn.process.exited).toMatchObject({ signal: 'SIGKILL' });
  stubborn.process.stop(0);
  stubborn.process.signal('SIGINT');
});

test('what it leaves in its group goes with it, and holds nothing up though it has the pipes', async () => {
  const { process, said } = kernel('sleep 1000 & echo $!; exit 0');
  const from = performance.now();
  expect(await process.exited).toMatchObject({ code: 0 });
  expect(performance.now() - from).toBeLessThan(5000);
  const child = Number(said());
  await until(() => !alive(child));
});

test('the last words are one short line', async () => {
  const { process } = kernel('head -c 5000 /dev/zero | tr "\\0" x >&2; exit 1');
  const { lastWords } = await process.exited;
  expect(lastWords.length).toBeLessThanOrEqual(500);
});
