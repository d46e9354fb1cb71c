import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { launcherServer } from '../../../server/src/launches/launcher-socket.ts';
import { until } from '../../cluster/until.ts';
import { begin, idOf, ready, SMALL, withBoard, type Board } from './board-fixture.ts';

interface Dialled {
  readonly socket: Socket;
  readonly lines: unknown[];
  closed: boolean;
  say(line: object | string): void;
}

async function withServer(
  use: (parts: Board, dial: () => Promise<Dialled>, notes: string[]) => Promise<void>,
) {
  await withBoard(async (parts) => {
    const notes: string[] = [];
    const server = launcherServer(parts.board, (why) => notes.push(why));
    const path = join(parts.directory, 's');
    server.listen(path);
    await once(server, 'listening');
    const dialled: Dialled[] = [];
    const dial = async (): Promise<Dialled> => {
      const socket = connect(path);
      const one: Dialled = {
        socket,
        lines: [],
        closed: false,
        say: (line) => void socket.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`),
      };
      socket.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter(Boolean)) one.lines.push(JSON.parse(line));
      });
      socket.on('error', () => undefined).on('close', () => (one.closed = true));
      dialled.push(one);
      await once(socket, 'connect');
      return one;
    };
    try {
      await use(parts, dial, notes);
    } finally {
      for (const { socket } of dialled) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
}
const is = async (what: () => boolean): Promise<void> => expect(await until(what, 30_000)).toBe(true);

test('a whole launch over the socket', () =>
  withServer(async ({ board }, dial) => {
    const launcher = await dial();
    launcher.say(begin(1));
    await is(() => launcher.lines.length === 1);
    await board.answer(idOf(1), { start: true, resources: SMALL });
    await is(() => launcher.lines.length === 2);
    expect(launcher.lines).toEqual([
      { type: 'asking', resources: SMALL },
      { type: 'go', resources: SMALL },
    ]);
    launcher.say({ type: 'state', launch: ready });
    launcher.say({ type: 'log', line: 'hello' });
    await is(() => board.log(idOf(1)).length === 1);
    expect(board.get(idOf(1)).launch).toEqual(ready);
    launcher.socket.destroy();
    await is(() => board.get(idOf(1)).launch.state === 'ended');
  }));

test('several lines in one chunk and one line in many', () =>
  withServer(async ({ board }, dial) => {
    const launcher = await dial();
    const text = [
      begin(1, { launch: ready }),
      { type: 'log', line: 'ä'.repeat(100) },
      { type: 'log', line: 'b' },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) launcher.socket.write(bytes.subarray(at, at + 7));
    await is(() => board.list().length === 1 && board.log(idOf(1)).length === 2);
    expect(board.log(idOf(1))[0]).toBe('ä'.repeat(100));
  }));

describe('what no launcher of ours says', () => {
  const good = JSON.stringify(begin(1));
  test.each([
    ['no JSON', '{\n'],
    ['another form', '{"type":"begin","id":"../../x"}\n'],
    ['resources that would change srun`s options', `${good.replace('"1G"', '"--uid=0"')}\n`],
    ['a state before it began', `${JSON.stringify({ type: 'state', launch: ready })}\n`],
    ['a log line before it began', '{"type":"log","line":"x"}\n'],
    ['a line without end', 'x'.repeat(100_000)],
    ['a line that is too long', `{"type":"log","line":"${'x'.repeat(100_000)}"}\n`],
    ['a path with control characters', `${good.replace('a.ipynb', 'a\\u0000b')}\n`],
  ])('%s: refused, hung up and noted; the board is as it was', (_, text) =>
    withServer(async ({ board }, dial, notes) => {
      const launcher = await dial();
      launcher.say(text);
      await is(() => launcher.closed);
      expect(launcher.lines).toMatchObject([{ type: 'refuse' }]);
      expect(notes).toHaveLength(1);
      expect(board.list()).toEqual([]);
      // others are served as before
      const next = await dial();
      next.say(begin(2));
      await is(() => next.lines.length === 1);
    }),
  );
  test('to begin twice, or garbage later: hung up', () =>
    withServer(async ({ board }, dial) => {
      const launcher = await dial();
      launcher.say(begin(1, { launch: ready }));
      launcher.say(begin(2, { launch: ready }));
      await is(() => launcher.closed);
      expect(board.list().map(({ id }) => id)).toEqual([idOf(1)]);
    }));
  test('another`s story is not to be had: the lines of a connection are for its own launch', () =>
    withServer(async ({ board }, dial) => {
      const [one, two] = [await dial(), await dial()];
      one.say(begin(1, { launch: ready }));
      await is(() => board.list().length === 1);
      // it takes the launch over as one that dials again does; what the old one says counts no more
      two.say(begin(1, { launch: { state: 'starting', node: 'n1', doing: 'x' } }));
      await is(() => one.closed);
      expect(board.get(idOf(1)).launch.state).toBe('starting');
    }));
});

describe('one that we hung up on lives', () => {
  test('its story goes on until it dials again; what the person asked meanwhile is told then', () =>
    withServer(async ({ board }, dial) => {
      const first = await dial();
      first.say(begin(1, { launch: ready }));
      await is(() => board.list().length === 1);
      first.say('garbage\n');
      await is(() => first.closed);
      await dial(); // by now the server has seen the end too
      expect(board.get(idOf(1)).launch).toEqual(ready);
      await board.cancel(idOf(1));
      expect(board.get(idOf(1)).launch).toEqual(ready);
      const again = await dial();
      again.say(begin(1, { launch: ready }));
      await is(() => again.lines.length === 1);
      expect(again.lines).toEqual([{ type: 'cancel' }]);
    }));
  test('unless it does not dial again', () =>
    withServer(async ({ board }, dial) => {
      const launcher = await dial();
      launcher.say(begin(1, { launch: ready }));
      await is(() => board.list().length === 1);
      launcher.say('garbage\n');
      await is(() => board.get(idOf(1)).launch.state === 'ended');
      expect(board.get(idOf(1)).launch).toMatchObject({ outcome: { kind: 'lost' } });
    }));
});
