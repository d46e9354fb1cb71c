import { describe, expect, test } from '@jest/globals';
import { JobId, type Allocation, type Outcome } from '@berth/schema';
import { begin, idOf, LARGE, Link, ready, SMALL, withBoard } from './board-fixture.ts';

const stateOf = (board: { get(id: string): { launch: { state: string } } }, number: number): string =>
  board.get(idOf(number)).launch.state;

describe('asking', () => {
  test('a start that would submit a job asks, and goes with what the person chose', () =>
    withBoard(async ({ board, events }) => {
      const link = new Link();
      await board.begin(link, begin(1));
      expect(link.lines).toEqual([{ type: 'asking', resources: SMALL }]);
      expect(stateOf(board, 1)).toBe('asking');
      await board.answer(idOf(1), { start: true, resources: LARGE });
      expect(link.lines.at(-1)).toEqual({ type: 'go', resources: LARGE });
      expect(board.get(idOf(1))).toMatchObject({ launch: { state: 'queued' }, resources: LARGE });
      expect(events.map((event) => event.type)).toEqual(['launch', 'launch']);
    }));
  test('the next one of the same notebook and kernel goes at once with the same', () =>
    withBoard(async ({ board }) => {
      await board.begin(new Link(), begin(1));
      await board.answer(idOf(1), { start: true, resources: LARGE, profile: 'big' });
      const next = new Link();
      await board.begin(next, begin(2));
      expect(next.lines).toEqual([{ type: 'go', resources: LARGE }]);
      expect(await board.wish('a.ipynb', 'python')).toMatchObject({ profile: 'big', confirmed: true });
    }));
  test('another kernel or another notebook asks; the notebook`s last choice is proposed', () =>
    withBoard(async ({ board }) => {
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: LARGE });
      const [r, b] = [new Link(), new Link()];
      await board.begin(r, begin(1, { kernel: 'r' }));
      await board.begin(b, begin(2, { path: 'b.ipynb' }));
      expect(r.lines).toEqual([{ type: 'asking', resources: LARGE }]);
      expect(b.lines).toEqual([{ type: 'asking', resources: SMALL }]);
      expect(await board.wish('a.ipynb', 'r')).toMatchObject({ resources: LARGE, confirmed: false });
    }));
  test('two starts of one notebook: one answer is for both', () =>
    withBoard(async ({ board }) => {
      const [one, two] = [new Link(), new Link()];
      await board.begin(one, begin(1));
      await board.begin(two, begin(2));
      await board.answer(idOf(2), { start: true, resources: SMALL });
      expect([one.take(), two.take()]).toEqual([
        ['asking', 'go'],
        ['asking', 'go'],
      ]);
      await expect(board.answer(idOf(1), { start: false })).rejects.toMatchObject({ code: 'launch-decided' });
    }));
  test('a wish that is put while it asks is the answer', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      await board.begin(link, begin(1));
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: LARGE });
      expect(link.lines.at(-1)).toEqual({ type: 'go', resources: LARGE });
    }));
  test('no is no, also after the launcher has dialled again', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      await board.begin(link, begin(1));
      await board.answer(idOf(1), { start: false });
      expect(link.take()).toEqual(['asking', 'refuse']);
      expect(board.get(idOf(1)).launch).toMatchObject({ state: 'failed', outcome: { kind: 'refused' } });
      const again = new Link();
      await board.begin(again, begin(1, { launch: { state: 'asking', resources: SMALL } }));
      expect(again.take()).toEqual(['refuse']);
      expect(await board.wish('a.ipynb', 'python')).toMatchObject({ confirmed: false });
    }));
  test('the same answer once more does no harm and nothing; another one comes too late', () =>
    withBoard(async ({ board }) => {
      const [yes, no] = [new Link(), new Link()];
      await board.begin(yes, begin(1));
      await board.begin(no, begin(2, { path: 'b.ipynb' }));
      for (const _ of [1, 2]) {
        await board.answer(idOf(1), { start: true, resources: LARGE });
        await board.answer(idOf(2), { start: false });
      }
      expect([yes.take(), no.take()]).toEqual([
        ['asking', 'go'],
        ['asking', 'refuse'],
      ]);
      const late = { code: 'launch-decided' };
      await expect(board.answer(idOf(1), { start: true, resources: SMALL })).rejects.toMatchObject(late);
      await expect(board.answer(idOf(2), { start: true, resources: LARGE })).rejects.toMatchObject(late);
    }));
  test('cancelling one that asks is a no', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      await board.begin(link, begin(1));
      await board.cancel(idOf(1));
      expect(link.take()).toEqual(['asking', 'refuse']);
    }));
  test('a cancelling that comes twice leaves the story of the end; a later one takes it away', () =>
    withBoard(async (parts) => {
      const { board } = parts;
      const link = new Link();
      await board.begin(link, begin(1));
      await board.cancel(idOf(1));
      await board.cancel(idOf(1));
      expect(stateOf(board, 1)).toBe('failed');
      parts.clock += 60_000;
      await board.cancel(idOf(1));
      expect(board.list()).toEqual([]);
    }));
  test('one whose launcher has gone does not ask any more', () =>
    withBoard(async ({ board, events }) => {
      const link = new Link();
      await board.begin(link, begin(1));
      board.gone(idOf(1), link);
      expect(board.list()).toEqual([]);
      expect(events.at(-1)).toEqual({ type: 'launch-forgotten', value: { id: idOf(1) } });
      await expect(board.answer(idOf(1), { start: false })).rejects.toMatchObject({ code: 'launch-unknown' });
    }));
  test('without a notebook it asks, and again for each kernel, but not for a restart of it', () =>
    withBoard(async ({ board }) => {
      const [one, restart, other] = [new Link(), new Link(), new Link()];
      await board.begin(one, begin(1, { path: '', kernelId: 'k1' }));
      await board.answer(idOf(1), { start: true, resources: LARGE });
      await board.begin(restart, begin(2, { path: '', kernelId: 'k1' }));
      await board.begin(other, begin(3, { path: '', kernelId: 'k2' }));
      expect([restart.take(), other.take()]).toEqual([['go'], ['asking']]);
      await board.setWish({ path: '', kernel: 'python', resources: LARGE });
      expect(await board.wish('', 'python')).toMatchObject({ resources: LARGE, confirmed: false });
      expect(stateOf(board, 3)).toBe('asking');
    }));
  test('in a job that is there nobody is asked', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      const { resources: _, ...inJob } = begin(1);
      await board.begin(link, inJob);
      expect(link.take()).toEqual(['go']);
      expect(stateOf(board, 1)).toBe('starting');
    }));
  test('a kernel of which there is no kernelspec is no wish`s', () =>
    withBoard(async ({ board }) => {
      await expect(board.wish('a.ipynb', 'gone')).rejects.toMatchObject({ code: 'kernel-unknown' });
    }));
});

describe('the story', () => {
  const exited: Outcome = {
    kind: 'exited',
    sentence: 'The kernel ended.',
    status: 0,
    at: '2026-11-21T03:00:00Z',
  };

  test('a launcher that dials again says where it stands; nobody is asked, the old line is closed', () =>
    withBoard(async ({ board }) => {
      const [one, two] = [new Link(), new Link()];
      await board.begin(one, begin(1));
      await board.begin(two, begin(1, { launch: ready }));
      expect(one.closed).toBe(true);
      board.gone(idOf(1), one);
      expect(two.lines).toEqual([]);
      expect(stateOf(board, 1)).toBe('ready');
      board.state(idOf(1), one, { state: 'asking', resources: SMALL });
      expect(stateOf(board, 1)).toBe('ready');
    }));
  test('`since` is when it came into its state', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      await board.begin(link, begin(1, { launch: { state: 'starting', node: 'n1', doing: 'pulling' } }));
      const { since } = board.get(idOf(1));
      board.state(idOf(1), link, { state: 'starting', node: 'n1', doing: 'unpacking' });
      expect(board.get(idOf(1)).since).toBe(since);
      board.state(idOf(1), link, ready);
      expect(board.get(idOf(1)).since > since).toBe(true);
    }));
  test('cancel is told to one that runs, and forgets one that is over', () =>
    withBoard(async (parts) => {
      const { board, events } = parts;
      const link = new Link();
      await board.begin(link, begin(1, { launch: ready }));
      await board.cancel(idOf(1));
      expect(link.take()).toEqual(['cancel']);
      board.state(idOf(1), link, { state: 'ended', outcome: exited });
      parts.clock += 60_000;
      await board.cancel(idOf(1));
      expect(events.at(-1)).toEqual({ type: 'launch-forgotten', value: { id: idOf(1) } });
      await expect(board.cancel(idOf(1))).rejects.toMatchObject({ code: 'launch-unknown' });
    }));
  test('what is over is told until the next start of the same, for an hour, and fifty at most', () =>
    withBoard(async (parts) => {
      const { board } = parts;
      const end = async (number: number, path: string): Promise<void> => {
        const link = new Link();
        await board.begin(link, begin(number, { path, launch: ready }));
        board.state(idOf(number), link, { state: 'ended', outcome: exited });
      };
      for (let number = 1; number <= 60; number++) await end(number, `${number}.ipynb`);
      expect(board.list().map(({ path }) => path)).toEqual(
        Array.from({ length: 50 }, (_, at) => `${60 - at}.ipynb`),
      );
      await end(61, '60.ipynb');
      expect(
        board
          .list()
          .filter(({ path }) => path === '60.ipynb')
          .map(({ id }) => id),
      ).toEqual([idOf(61)]);
      parts.clock += 3_600_000;
      expect(board.list()).toEqual([]);
    }));
  test('the last 200 lines of its log', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      await board.begin(link, begin(1, { launch: ready }));
      for (let line = 0; line < 300; line++) board.said(idOf(1), link, `line ${line}`);
      expect(board.log(idOf(1))).toHaveLength(200);
      expect(board.log(idOf(1)).at(-1)).toBe('line 299');
      board.said(idOf(1), link, `\u001b]0;title\u0007${'x'.repeat(5000)}`);
      expect(board.log(idOf(1)).at(-1)).toMatch(/^ \]0;title x{900,990}…$/);
      expect(() => board.log(idOf(2))).toThrow(expect.objectContaining({ code: 'launch-unknown' }));
    }));
  test('what Slurm says of a waiting job goes to its launcher, once', () =>
    withBoard(async ({ board }) => {
      const link = new Link();
      await board.begin(link, begin(1, { launch: { state: 'queued', reason: '' } }));
      const allocation: Allocation = {
        jobId: JobId.parse('7'),
        state: 'PENDING',
        reason: 'Resources',
        nodes: '',
        partition: 'main',
        cpus: 1,
      };
      const job = {
        allocation,
        kind: 'kernel',
        index: '',
        name: 'x',
        memory: '1G',
        gres: '',
        timeLimit: 60,
      } as const;
      board.queue([
        { ...job, launchId: idOf(1) },
        { ...job, launchId: idOf(9) },
      ]);
      board.queue([{ ...job, launchId: idOf(1) }]);
      expect(link.take()).toEqual(['queue']);
      board.queue([{ ...job, launchId: idOf(1), allocation: { ...allocation, reason: 'Priority' } }]);
      expect(link.take()).toEqual(['queue']);
    }));
});
