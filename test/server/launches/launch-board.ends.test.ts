import { describe, expect, test } from '@jest/globals';
import { begin, cancelled, idOf, Link, ready, SMALL, withBoard } from './board-fixture.ts';

describe('after a job that ended for good', () => {
  test('nothing is started again without a newer wish; with one it goes', () =>
    withBoard(async ({ board, clock }) => {
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: SMALL });
      const after = cancelled(new Date(clock + 60_000).toISOString());
      const link = new Link();
      await board.begin(link, begin(1, { after }));
      expect(link.lines).toMatchObject([
        { type: 'refuse', sentence: 'Job 7 was cancelled. Not started again by itself.' },
      ]);
      const old = cancelled(new Date(clock - 60_000).toISOString());
      const next = new Link();
      await board.begin(next, begin(2, { after: old }));
      expect(next.take()).toEqual(['go']);
    }));
  test('negative control: without the last word the agreed start goes', () =>
    withBoard(async ({ board }) => {
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: SMALL });
      const link = new Link();
      await board.begin(link, begin(1));
      expect(link.take()).toEqual(['go']);
    }));
  test('also when the connection file has lost it: the kernel`s last end is known here; and that end stays told', () =>
    withBoard(async (parts) => {
      const { board } = parts;
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: SMALL });
      const link = new Link();
      await board.begin(link, begin(1, { kernelId: 'k1' }));
      const outcome = cancelled(new Date(parts.clock + 5000).toISOString());
      board.state(idOf(1), link, { state: 'ended', outcome });
      board.gone(idOf(1), link);
      const again = new Link();
      await board.begin(again, begin(2, { kernelId: 'k1' }));
      expect(again.take()).toEqual(['refuse']);
      expect(board.list().map(({ id }) => id)).toEqual([idOf(1)]);
    }));
  test('also when the clock was set back meanwhile, so that the end seems older than the word; the log can tell why', () =>
    withBoard(async (parts) => {
      const { board, decided } = parts;
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: SMALL });
      const link = new Link();
      await board.begin(link, begin(1));
      parts.clock -= 3_600_000;
      const outcome = cancelled(new Date(parts.clock).toISOString());
      board.state(idOf(1), link, { state: 'ended', outcome });
      const again = new Link();
      await board.begin(again, begin(2, { after: outcome }));
      expect([...link.take(), ...again.take()]).toEqual(['go', 'refuse']);
      expect(decided).toMatchObject([
        { launch: idOf(1), decision: 'go', after: undefined },
        { launch: idOf(2), decision: 'refuse', after: `cancelled at ${outcome.at}` },
      ]);
    }));
  test('a word given after that end is for every start of the notebook`s, also where another has gone with it', () =>
    withBoard(async (parts) => {
      const { board } = parts;
      const links = [new Link(), new Link()] as const;
      await board.begin(links[0], begin(1));
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: SMALL });
      await board.begin(links[1], begin(2, { after: cancelled(new Date(0).toISOString()) }));
      expect(links.map((link) => link.take().at(-1))).toEqual(['go', 'go']);
    }));
  test('a kernel that Jupyter ended by force may be started again', () =>
    withBoard(async ({ board }) => {
      await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: SMALL });
      const link = new Link();
      await board.begin(link, begin(1, { kernelId: 'k1' }));
      board.state(idOf(1), link, ready);
      board.gone(idOf(1), link);
      expect(board.get(idOf(1)).launch).toMatchObject({ state: 'ended', outcome: { kind: 'lost' } });
      const again = new Link();
      await board.begin(again, begin(2, { kernelId: 'k1' }));
      expect(again.take()).toEqual(['go']);
    }));
});
