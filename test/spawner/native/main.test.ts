import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { writeFrame } from '../../../spawner/src/launch/frames.ts';
import { encodeOrder } from '../../../spawner/src/launch/place-order.ts';
import { until } from '../launch/until.ts';
import { endPlaces, fed, lives, orderIn, parentOf, placed, workspace } from './placed.ts';
import { placeProgram } from './place-program.ts';

let remove: (() => Promise<void>) | undefined;
const children = new Set<ChildProcess>();
afterEach(async () => {
  await endPlaces();
  for (const child of children) {
    child.kill('SIGKILL');
    await until(() => child.exitCode !== null || child.signalCode !== null);
  }
  children.clear();
  await remove?.();
  remove = undefined;
});
async function kernel(script = 'echo up; exec sleep 1000') {
  const space = await workspace();
  remove = space.remove;
  const one = await placed(orderIn(space.path, script));
  one.tell('C', '{}');
  const { pid } = await one.has('began');
  const holder = parentOf(pid);
  return { one, pid, holder, watcher: parentOf(holder) };
}

/** A place as srun starts it, whose agent does that with its descriptors, up to where the place waits for its secret. */
async function besideAgent(script: string) {
  const space = await workspace();
  remove = space.remove;
  const agent = join(space.path, 'agent.sh');
  await writeFile(agent, `#!/bin/sh\n${script}\n`);
  await chmod(agent, 0o755);
  const watcher = spawn(await placeProgram(), ['agent', agent], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(watcher);
  const ended = once(watcher, 'close');
  const greeted = once(watcher.stdout, 'data');
  writeFrame(watcher.stdin, 'P', encodeOrder(orderIn(space.path, 'exec sleep 1000')));
  await greeted;
  const pid = watcher.pid ?? 0;
  const holder = (): number =>
    Number(execFileSync('pgrep', ['-P', String(pid), 'berth-holder'], { encoding: 'utf8' }));
  return { watcher, pid, holder, ended, path: space.path };
}
const inner = (pid: number): string => readlinkSync(`/proc/${pid}/ns/user`);

test.each([[[]], [['agent']], [['here']], [['dance', 'x']]])('typed by hand as %j: refused', async (args) => {
  const { status, stderr } = await fed(await placeProgram(), args, Buffer.alloc(0));
  expect(status).toBe(64);
  expect(stderr).toContain('started by "berth kernel"');
});

describe('whichever of the two processes is killed, the other cleans up', () => {
  test('the holder: said, and the kernel is gone', async () => {
    const { one, pid, holder } = await kernel();
    process.kill(holder, 'SIGKILL');
    expect(await one.has('failed')).toMatchObject({ code: 'container-lost' });
    await one.place.ended;
    expect(lives(pid)).toBe(false);
  });

  test('the watcher', async () => {
    const { one, pid, holder, watcher } = await kernel();
    process.kill(watcher, 'SIGKILL');
    await until(() => !lives(pid) && !lives(holder));
    await one.place.ended;
    expect(one.events.map(({ type }) => type)).toEqual(['mounted', 'began']);
  });

  test.each(['holder', 'watcher'] as const)(
    'the %s, and a child of the kernel has left its session',
    async (which) => {
      const all = await kernel('setsid sleep 1000 & echo $!; exec sleep 1000');
      await until(() => all.one.said().includes('\n'));
      const child = Number(all.one.said());
      expect(lives(child)).toBe(true);
      process.kill(all[which], 'SIGKILL');
      await until(() => !lives(child) && !lives(all.pid));
    },
  );
});

describe('Slurm signals a step', () => {
  test('SIGTERM ends the kernel, and that is said; SIGINT interrupts it', async () => {
    const { one, watcher, holder } = await kernel(
      'trap "echo int" INT; trap "echo term; exit 0" TERM; echo up; while :; do sleep 0.02; done',
    );
    await until(() => one.said().includes('up'));
    process.kill(watcher, 'SIGINT');
    await until(() => one.said().includes('int'));
    // the holder's own is not taken notice of
    process.kill(holder, 'SIGTERM');
    process.kill(watcher, 'SIGTERM');
    expect(await one.has('ended')).toEqual({ type: 'ended', code: 0, signal: null, terminated: true });
  });

  test('what a site or a person sends besides: USR1 and USR2 reach the kernel, and none ends what cleans up', async () => {
    const { one, pid, watcher, holder } = await kernel(
      'trap "echo one" USR1; trap "echo two" USR2; echo up; while :; do sleep 0.02; done',
    );
    await until(() => one.said().includes('up'));
    for (const signal of ['SIGQUIT', 'SIGALRM', 'SIGXCPU', 'SIGUSR2', 'SIGUSR1'] as const) {
      process.kill(holder, signal);
      process.kill(watcher, signal);
    }
    await until(() => one.said().includes('one') && one.said().includes('two'));
    expect([pid, watcher, holder].every(lives)).toBe(true);
    expect(one.said()).toMatch(/^up\n(?:one\ntwo|two\none)\n$/);
  });
});

test('the end of its frames is the end of all', async () => {
  const { one, pid, holder, watcher } = await kernel('trap "" TERM; echo up; while :; do sleep 0.02; done');
  expect(await one.end()).toBe('');
  expect([pid, holder, watcher].filter(lives)).toEqual([]);
});

describe('beside an agent', () => {
  test('the holder is killed while others are in the namespace: those end, and the agent is waited for', async () => {
    const { holder, ended } = await besideAgent('exec head -c1 <&3 >/dev/null');
    await until(() => inner(holder()) !== inner(process.pid));
    const enter = ['-t', String(holder()), '-U', '--preserve-credentials', 'sleep', '1000'];
    const others = [1, 2, 3].map(() => spawn('nsenter', enter));
    for (const other of others) children.add(other);
    await until(() => others.every(({ pid = 0 }) => inner(pid) === inner(holder())));
    const gone = others.map((other) => once(other, 'close'));
    process.kill(holder(), 'SIGKILL');
    await Promise.all(gone);
    expect(await ended).toEqual([0, null]);
  });

  test('a plan that is larger than what a socket holds: the agent reads it, and the end is not held up', async () => {
    const { watcher, ended, path } = await besideAgent('exec cat <&3 >"$0.told"');
    writeFrame(watcher.stdin, 'N', Buffer.alloc(3_000_000, 'x'));
    writeFrame(watcher.stdin, 'X');
    expect(await ended).toEqual([0, null]);
    expect(statSync(join(path, 'agent.sh.told')).size).toBeGreaterThan(3_000_000);
  });
});
