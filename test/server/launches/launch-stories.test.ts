import { expect, test } from '@jest/globals';
import { until } from '../../cluster/until.ts';
import { begin, idOf, Link, withBoard } from './board-fixture.ts';

test('lines of its log are told of once for many', () =>
  withBoard(async ({ board, events }) => {
    const [link, other] = [new Link(), new Link()];
    await board.begin(link, begin(1));
    await board.begin(other, begin(2, { path: 'b.ipynb' }));
    for (let at = 0; at < 50; at += 1) board.said(idOf(1), link, `line ${at}`);
    board.said(idOf(2), other, 'hello');
    const news = () => events.filter(({ type }) => type === 'launch-log').map(({ value }) => value);
    expect(news()).toEqual([]);
    expect(await until(() => news().length > 1, 30_000)).toBe(true);
    expect(news()).toEqual([{ id: idOf(1) }, { id: idOf(2) }]);
    board.said(idOf(1), link, 'one more');
    expect(await until(() => news().length > 2, 30_000)).toBe(true);
  }));
