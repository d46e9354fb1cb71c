import { FromLauncher } from '@berth/schema/rest';
import { createServer, type Server, type Socket } from 'node:net';
import type { LaunchBoard, LauncherLink } from './launch-board.ts';

/** Of one line; a launch with its outcome has a few kilobytes. */
const MAX_LINE = 64 * 1024;
/** Launchers at once; each kernel has one. */
const MAX_LINKS = 1000;
/** A process that dials and says nothing is not a launcher. Milliseconds. */
const FIRST_WORD_MS = 10_000;
/** Bytes that a launcher may leave lying before it counts as hanging. */
const MAX_UNSENT = 256 * 1024;

/**
 * Where launchers dial: a server that has yet to listen. One connection is one launch. A line that is too long, is no JSON or
 * is of another form ends the connection: a launcher of ours says no such thing.
 */
export function launcherServer(board: LaunchBoard, note: (why: string) => void): Server {
  const server = createServer((socket) => converse(socket, board, note));
  server.maxConnections = MAX_LINKS;
  return server;
}

function converse(socket: Socket, board: LaunchBoard, note: (why: string) => void): void {
  // not by the launcher, which lives on then and dials again
  let hungUp = false;
  const drop = (): void => {
    hungUp = true;
    socket.destroy();
  };
  const link: LauncherLink = {
    send: (line) => {
      if (!socket.writable) return;
      if (socket.writableLength > MAX_UNSENT) drop();
      else socket.write(`${JSON.stringify(line)}\n`);
    },
    close: drop,
  };
  let id: string | undefined;
  let rest = '';
  const timer = setTimeout(() => socket.destroy(), FIRST_WORD_MS);
  const hangUp = (why: string): void => {
    hungUp = true;
    note(why);
    // one that has not begun waits for an answer, and is told that there will be none
    if (id === undefined)
      link.send({ type: 'refuse', sentence: `Berth's user server did not understand: ${why}.` });
    socket.destroySoon();
    socket.removeAllListeners('data');
  };
  const receive = (text: string): void => {
    const line = FromLauncher.safeParse(parsed(text));
    if (!line.success) return hangUp('a line of a launcher that is not in order');
    const said = line.data;
    switch (said.type) {
      case 'begin':
        if (id !== undefined) return hangUp('a launcher that began twice');
        id = said.id;
        clearTimeout(timer);
        return void board.begin(link, said).catch((error: unknown) => hangUp(String(error)));
      case 'state':
        return id === undefined
          ? hangUp('a launcher that did not begin')
          : board.state(id, link, said.launch);
      case 'log':
        return id === undefined ? hangUp('a launcher that did not begin') : board.said(id, link, said.line);
    }
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE || lines.some((line) => line.length > MAX_LINE))
      return hangUp('a line of a launcher that is too long');
    for (const line of lines) {
      if (!socket.writable) return;
      receive(line);
    }
  });
  // what breaks a connection also closes it
  socket.on('error', () => undefined);
  socket.once('close', () => {
    clearTimeout(timer);
    if (id !== undefined) board.gone(id, link, hungUp ? 'us' : 'launcher');
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
