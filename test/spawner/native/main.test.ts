import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../launch/until.ts';
import { endPlaces, fed, lives, orderIn, parentOf, placed, workspace } from './placed.ts';
import { placeProgram } from './place-program.ts';

let remove: (() => Promise<void>) | undefined;
afterEach(async () => {
  await endPlaces();
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
});

test('the end of its frames is the end of all', async () => {
  const { one, pid, holder, watcher } = await kernel('trap "" TERM; echo up; while :; do sleep 0.02; done');
  expect(await one.end()).toBe('');
  expect([pid, holder, watcher].filter(lives)).toEqual([]);
});
