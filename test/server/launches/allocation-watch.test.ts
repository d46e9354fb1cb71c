import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import type { ServerEvent } from '@berth/schema/rest';
import type { CommandResult } from '@berth/spawner/slurm';
import { AllocationWatch } from '../../../server/src/launches/allocation-watch.ts';
import { idOf } from './board-fixture.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const line = (job: number, state = 'RUNNING', reason = 'None', left = '9:58'): string =>
  `berth:${idOf(job)}|10:00|1G|N/A|berth-x|N/A|${job}|${state}|N/A|${left}|main|1|n1|${reason}\n`;

/** A watch whose Slurm answers `world.answer`; times of the questions in seconds from the beginning. */
function watched(own?: JobId) {
  const world = {
    answer: '' as string | Partial<CommandResult>,
    scancel: {} as Partial<CommandResult>,
    slurm: async () => ({ squeue: 'squeue', scancel: 'scancel', intervalMs: 5000 }),
    listening: 0,
    live: 0,
    queued: 0,
  };
  const events: ServerEvent[] = [];
  const asked: number[] = [];
  const argv: (readonly string[])[] = [];
  const from = performance.now();
  const watch = new AllocationWatch({
    own,
    slurm: () => world.slurm(),
    run: async (command) => {
      argv.push(command);
      if (command[0] === 'squeue') asked.push(Math.round((performance.now() - from) / 100) / 10);
      if (command[0] === 'scancel')
        return { status: 0, signal: null, stdout: '', stderr: '', ...world.scancel };
      const { answer } = world;
      const result = typeof answer === 'string' ? { stdout: answer } : answer;
      return { status: 0, signal: null, stdout: '', stderr: '', ...result };
    },
    publish: (event) => events.push(event),
    listening: () => world.listening,
    counts: () => ({ live: world.live, queued: world.queued }),
    launches: () => [],
    jobs: () => undefined,
    now: () => Date.parse('2026-11-21T03:00:00Z'),
  });
  const pass = (seconds: number): Promise<void> => jest.advanceTimersByTimeAsync(seconds * 1000);
  return { watch, world, events, asked, argv, pass };
}

describe('how often Slurm is asked', () => {
  test('at rest with nobody looking: never; nobody has launched anything: never', async () => {
    const { watch, world, asked, pass } = watched();
    watch.changed();
    await pass(100);
    world.listening = 1;
    watch.changed();
    await pass(100);
    expect(asked).toEqual([]);
  });
  test('a start: once, a second later, then ever more seldom while it runs unchanged', async () => {
    const { watch, world, asked, pass } = watched();
    Object.assign(world, { listening: 1, live: 1, answer: line(1) });
    watch.changed();
    await pass(100);
    expect(asked).toEqual([1, 6, 16, 36, 66, 96]);
    watch.close();
  });
  test('twenty starts and their changes of state: never twice within 5 s', async () => {
    const { watch, world, asked, pass } = watched();
    Object.assign(world, { listening: 1, live: 20, queued: 20, answer: line(1, 'PENDING', 'Priority') });
    for (let at = 0; at < 200; at++) {
      watch.changed();
      if (at % 50 === 0) watch.look();
      await pass(0.1);
    }
    expect(asked.length).toBeGreaterThan(2);
    asked.slice(1).forEach((at, index) => expect(at - (asked[index] ?? 0)).toBeGreaterThanOrEqual(5));
    watch.close();
  });
  test('one that waits is asked about with no page open; when all is over and nobody looks, nothing', async () => {
    const { watch, world, asked, pass } = watched();
    Object.assign(world, { live: 1, queued: 1, answer: line(1, 'PENDING', 'Priority') });
    watch.changed();
    await pass(10);
    expect(asked).toEqual([1, 6]);
    Object.assign(world, { live: 1, queued: 0 });
    watch.changed();
    await pass(200);
    expect(asked.length).toBeLessThanOrEqual(3);
  });
  test('a submitted notebook that no answer has told of yet: asked about no more often than one that is listed', async () => {
    const { watch, world, asked, pass } = watched();
    world.listening = 1;
    const look = async (times: number, news: boolean): Promise<void> => {
      for (let at = 0; at < times; at++) {
        watch.expect(news);
        await pass(2);
      }
    };
    await look(50, true);
    expect(asked).toEqual([0, 5, 15, 35, 65, 95]);
    // Slurm does not answer: that it does again is seen within ten seconds
    world.answer = { status: 1 };
    await look(30, true);
    expect(asked.slice(6)).toEqual([125, 135, 145, 155]);
    world.answer = '';
    await look(10, false);
    const { length } = asked;
    await look(50, false);
    expect(asked).toHaveLength(length);
    watch.close();
  });
  test('with jobs of a former server and a page open it looks; when the page goes it stops', async () => {
    const { watch, world, asked, pass } = watched();
    Object.assign(world, { listening: 1, answer: line(1) });
    await watch.list();
    await pass(12);
    world.listening = 0;
    await pass(200);
    const count = asked.length;
    await pass(200);
    expect(asked.length).toBe(count);
  });
});

describe('what is told', () => {
  test('news, and not the time that passes', async () => {
    const { watch, world, events, pass } = watched();
    Object.assign(world, { listening: 1, live: 1, answer: line(1, 'PENDING', 'Priority') });
    watch.changed();
    await pass(2);
    world.answer = line(1, 'PENDING', 'Priority', '9:00');
    await pass(6);
    world.answer = line(1);
    await pass(20);
    const told = events.flatMap((event) => (event.type === 'allocations' ? [event.value] : []));
    expect(told.map(({ allocations }) => allocations.map(({ why }) => why))).toEqual([
      [],
      ['other jobs are before it (Priority)'],
      [''],
    ]);
    watch.close();
  });
  test('a Slurm that is down: stale with words, what was known stays, and it heals by itself (F1, F18)', async () => {
    const { watch, world, events, pass } = watched();
    Object.assign(world, { listening: 1, live: 1, answer: line(1) });
    watch.changed();
    await pass(2);
    world.answer = {
      status: 1,
      stderr: 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n',
    };
    await pass(120);
    const list = await watch.list();
    expect(list.stale).toBe('Slurm does not answer: Unable to contact slurm controller (connect failure)');
    expect(list.allocations.map(({ allocation }) => allocation.state)).toEqual(['RUNNING']);
    expect(events.at(-1)).toMatchObject({ value: { stale: expect.any(String) } });
    world.answer = line(1);
    await pass(15);
    expect((await watch.list()).stale).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: 'allocations', value: { at: expect.any(String) } });
    watch.close();
  });
  test('the first page of all waits for the answer, but not for ever', async () => {
    const { watch, world } = watched();
    world.answer = line(1);
    expect((await watch.list()).allocations).toHaveLength(1);
    watch.close();
  });
});

describe('the end of a job', () => {
  test('of ours: scancel, and a look soon after', async () => {
    const { watch, world, argv, asked, pass } = watched();
    Object.assign(world, { listening: 1, live: 1, answer: line(7) });
    watch.changed();
    await pass(2);
    await watch.end('7');
    expect(argv.at(-1)).toEqual(['scancel', '--me', '7']);
    await pass(5);
    expect(asked).toEqual([1, 6]);
    watch.close();
  });
  test('it is told as ending at once, and then as Slurm says', async () => {
    const { watch, world, events, pass } = watched();
    const shown = () =>
      events.map(({ value }) =>
        'allocations' in value ? value.allocations.map(({ allocation }) => allocation.state) : [],
      );
    Object.assign(world, { listening: 1, live: 1, answer: line(7) });
    watch.changed();
    await pass(2);
    await watch.end('7');
    expect(shown().at(-1)).toEqual(['COMPLETING']);
    await pass(6);
    expect(shown().at(-1)).toEqual(['RUNNING']);
    watch.close();
  });
  test('while the home hangs: without the configuration', async () => {
    const { watch, world, argv, pass } = watched();
    Object.assign(world, { listening: 1, live: 1, answer: line(7) });
    watch.changed();
    await pass(2);
    world.slurm = () => new Promise(() => undefined);
    await watch.end('7');
    expect(argv.at(-1)).toEqual(['scancel', '--me', '7']);
    watch.close();
  });
  test.each([
    ['Invalid job id specified', undefined],
    ['Job/step already completing or completed', undefined],
    ['Access/permission denied', 'allocation-not-ended'],
    ['Unable to contact slurm controller (connect failure)', 'slurm-unreachable'],
    ['Zero Bytes were transmitted or received', 'slurm-unreachable'],
  ])('scancel says "%s": %s', async (words, code) => {
    const { watch, world, pass } = watched();
    Object.assign(world, { listening: 1, live: 1, answer: line(7) });
    watch.changed();
    await pass(2);
    world.scancel = { status: 1, stderr: `scancel: error: Kill job error on job id 7: ${words}\n` };
    const ended = watch.end('7');
    if (code === undefined) await ended;
    else await expect(ended).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    world.scancel = { status: null, signal: 'SIGKILL' };
    await expect(watch.end('7')).rejects.toMatchObject({ code: 'slurm-unreachable' });
    watch.close();
  });
  test('of nobody we know: refused, and nothing is cancelled', async () => {
    const { watch, world, argv, pass } = watched();
    world.answer = `(null)|1|1|N/A|own|8|RUNNING|N/A|1:00|m|1|n1|None\n${line(7)}`;
    for (const jobId of ['8', '9']) {
      const ended = expect(watch.end(jobId)).rejects.toMatchObject({ code: 'allocation-unknown' });
      await pass(6);
      await ended;
    }
    expect(argv.every(([command]) => command === 'squeue')).toBe(true);
    watch.close();
  });
  test('the one that we run in: shown, not ended, and no reason to ask again', async () => {
    const { watch, world, asked, argv, pass } = watched(JobId.parse('8'));
    world.answer = '(null)|1:00|1G|N/A|jupyter|N/A|8|RUNNING|N/A|1:00|m|1|n1|None\n';
    world.listening = 1;
    expect(await watch.list()).toMatchObject({ allocations: [{ own: true, allocation: { jobId: '8' } }] });
    await pass(10);
    const before = asked.length;
    await pass(600);
    expect(asked).toHaveLength(before);
    const ended = expect(watch.end('8')).rejects.toMatchObject({ code: 'allocation-unknown' });
    await pass(6);
    await ended;
    expect(argv.every(([command]) => command === 'squeue')).toBe(true);
    watch.close();
  });
  test('while Slurm does not answer: that is said, not that there is no such job', async () => {
    const { watch, world, pass } = watched();
    world.answer = { status: 1, stderr: 'slurm_load_jobs error: Zero Bytes\n' };
    const ended = expect(watch.end('7')).rejects.toMatchObject({ code: 'slurm-unreachable' });
    await pass(1);
    await ended;
    watch.close();
  });
});
