import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ChildProcess } from 'node:child_process';
import { commandRunner, StillRuns } from '../../../spawner/src/slurm/run-command.ts';

const node = process.execPath;
const run = commandRunner({ ONLY: 'this' }, 20_000);

describe('one command to its end', () => {
  test('status, both streams, and no environment but the given one', async () => {
    const script =
      'process.stdout.write(JSON.stringify(process.env));process.stderr.write("words");process.exitCode=3';
    const result = await run([node, '-e', script]);
    expect(result).toEqual({ status: 3, signal: null, stdout: '{"ONLY":"this"}', stderr: 'words' });
  });
  test('UTF-8 split over chunks stays whole', async () => {
    const script =
      'const b=Buffer.from("ä");process.stdout.write(b.subarray(0,1));setTimeout(()=>process.stdout.write(b.subarray(1)),20)';
    expect((await run([node, '-e', script])).stdout).toBe('ä');
  });
  test('one that cannot be started rejects with the system`s error', async () => {
    await expect(run(['/nowhere/squeue'])).rejects.toMatchObject({ code: 'ENOENT' });
  });
  test('one that takes too long is killed and has no status', async () => {
    const result = await commandRunner({}, 100)(['/bin/sleep', '30']);
    expect(result).toMatchObject({ status: null, signal: 'SIGKILL', timedOut: 100 });
  });
  test('one that may not be killed is said to run on, and when it has ended', async () => {
    // as for a sudo of root's; Node's own way to tell of it
    const kill = jest.spyOn(ChildProcess.prototype, 'kill').mockImplementation(function (this: ChildProcess) {
      return this.emit('error', Object.assign(new Error('kill EPERM'), { code: 'EPERM', syscall: 'kill' }));
    });
    try {
      const began = performance.now();
      const error: unknown = await commandRunner({}, 100)(['/bin/sleep', '1']).catch((one: unknown) => one);
      expect(error).toBeInstanceOf(StillRuns);
      await (error as StillRuns).gone;
      expect(performance.now() - began).toBeGreaterThan(900);
    } finally {
      kill.mockRestore();
    }
  });
  test('a signal ends it, and it rejects with that once it has ended', async () => {
    const stop = new AbortController();
    const began = performance.now();
    const running = commandRunner({}, 20_000, stop.signal)(['/bin/sleep', '30']);
    stop.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await expect(commandRunner({}, 20_000, stop.signal)(['/bin/true'])).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(performance.now() - began).toBeLessThan(10_000);
  });
  test('an endless answer is an error, never half an answer; endless complaints are cut', async () => {
    await expect(run(['/bin/cat', '/dev/zero'])).rejects.toThrow('/bin/cat answers with more than 64 MiB');
    await expect(run(['/bin/sh', '-c', 'cat /dev/zero; :'])).rejects.toThrow('more than 64 MiB');
    const long = await run(['/usr/bin/head', '-c', '30000000', '/dev/zero']);
    expect(long.stdout.length).toBe(30_000_000);
    const complaint = await run(['/bin/sh', '-c', 'head -c 30000000 /dev/zero >&2; exit 3']);
    expect(complaint.status).toBe(3);
    expect(complaint.stderr.length).toBeLessThan(2 * 1024 ** 2);
  });
  test('property: argv arrives as it was given, no shell in between', async () => {
    const word = fc.string({ unit: fc.constantFrom(...'a -$`;|&"\'\\\n*()é'.split('')), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (words) => {
        const { stdout } = await run(['/usr/bin/printf', '%s\\0', ...words]);
        expect(stdout.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 40 },
    );
  });
});
