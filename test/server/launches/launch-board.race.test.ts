/** Words that are given while the board looks whether there is one. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LaunchBoard } from '../../../server/src/launches/launch-board.ts';
import { WishStore, type KeptWish } from '../../../server/src/launches/wish-store.ts';
import { begin, idOf, LARGE, Link, SMALL, withBoard } from './board-fixture.ts';

/** What it has read reaches the reader only when `hold` is over. */
class SlowWishes extends WishStore {
  hold: Promise<void> = Promise.resolve();
  override async of(path: string, kernel: string): Promise<KeptWish | undefined> {
    const kept = await super.of(path, kernel);
    await this.hold;
    return kept;
  }
}

test('a word that is put after the file was read, and before the start is decided: it goes with it', () =>
  withBoard(async ({ directory, noted }) => {
    const wishes = new SlowWishes({ file: join(directory, 'slow.json'), root: directory }, () => undefined);
    const board = new LaunchBoard({
      wishes,
      resourcesOf: async () => SMALL,
      publish: () => undefined,
      changed: () => undefined,
      note: (error) => noted.push(error),
      decided: () => undefined,
      now: () => Date.now(),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    wishes.hold = promise;
    const link = new Link();
    const begun = board.begin(link, begin(1));
    // so that the file was read before
    await wishes.newestOf('a.ipynb');
    await board.setWish({ path: 'a.ipynb', kernel: 'python', resources: LARGE });
    resolve();
    await begun;
    expect(link.lines).toEqual([{ type: 'go', resources: LARGE }]);
  }));

test('an answer that is on its way into the file: a start that looked before asks no more', () =>
  withBoard(async ({ board }) => {
    const [one, two] = [new Link(), new Link()];
    await board.begin(one, begin(1));
    const answered = board.answer(idOf(1), { start: true, resources: LARGE });
    await board.begin(two, begin(2));
    await answered;
    expect(two.lines.at(-1)).toEqual({ type: 'go', resources: LARGE });
  }));
