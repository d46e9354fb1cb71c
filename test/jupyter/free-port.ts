import { once } from 'node:events';
import { createServer } from 'node:net';

/** Above what Linux gives to connections (32768-60999): only who asks for such a port by its number gets it. */
const FIRST = 61_000;
const LAST = 65_535;
/** Workers side by side have every second one each. */
const workers = 2;
const own = Number(process.env.JEST_WORKER_ID ?? 0) % workers;
const given = new Set<number>();

/**
 * A port of loopback that nothing listens on now and that this process has not given out before. A process that knows
 * nothing of this may take it meanwhile; whoever binds it says so.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + own + workers * Math.floor((Math.random() * (LAST - FIRST)) / workers);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** Really binds. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  return true;
}
