import { createConnection, type Socket } from 'node:net';
import type { Allocation, Launch, Resources } from '@berth/schema';
import type { FromLauncher, ToLauncherLine } from '@berth/schema/rest';
import { readServerLine } from './server-lines.ts';
import { openServerPlace } from './server-place.ts';

export type Begin = Omit<Extract<FromLauncher, { type: 'begin' }>, 'type' | 'launch'>;
export type Answer = Extract<ToLauncherLine, { type: 'go' | 'refuse' }>;

export interface LinkEvents {
  /** the person is being asked */
  readonly asking: (resources: Resources) => void;
  readonly answer: (answer: Answer) => void;
  readonly queue: (allocation: Allocation) => void;
  readonly cancel: () => void;
  /** it cannot be dialled as things are: somebody else could answer there */
  readonly untrusted: (why: string) => void;
}

export interface LinkPlace {
  /** the user server's directory, absolute */
  readonly directory: string;
  readonly uid: number;
}

const FIRST_WAIT_MS = 100;
/** The longest wait before a server that is away is dialled again: one that came back soon knows all launches that live. */
export const LONGEST_REDIAL_MS = 250;
/** Of a line from the server; nothing that it says comes near. */
const MAX_LINE = 64 * 1024;
/** Log lines that are kept while there is no server to tell them to. */
const MAX_KEPT = 100;
/** Bytes that a server which does not read may leave with us. */
const MAX_UNSENT = 256 * 1024;
/** Log lines told in one second; what a kernel writes beyond that is in the client's own log. */
const MAX_LINES_A_SECOND = 200;
const LINE_CHARACTERS = 1000;

/**
 * A launcher's line to the user server. When it breaks it is dialled again, after 0.1 s and then each quarter of a second,
 * for as long as the launcher lives, and begins with where the launch stands: the kernel notices nothing.
 */
export class ServerLink {
  readonly #place: LinkPlace;
  readonly #begin: Begin;
  readonly #events: LinkEvents;
  #launch: Launch | undefined;
  #socket: Socket | undefined;
  #linked = false;
  #ended = false;
  #wait = FIRST_WAIT_MS;
  #timer: NodeJS.Timeout | undefined;
  #kept: string[] = [];
  #second = 0;
  #lines = 0;
  /** why the last attempt failed */
  #trouble = 'it has not answered yet';

  /** @param launch where it stands already, for one that needs no answer */
  constructor(place: LinkPlace, begin: Begin, events: LinkEvents, launch?: Launch) {
    this.#place = place;
    this.#begin = begin;
    this.#events = events;
    this.#launch = launch;
    this.#dial();
  }

  get trouble(): string {
    return this.#trouble;
  }

  report(launch: Launch): void {
    this.#launch = launch;
    this.#tell({ type: 'state', launch });
  }

  /** One line of what is said during the launch; bounded in length, number and memory. */
  log(line: string): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) [this.#second, this.#lines] = [second, 0];
    if (++this.#lines > MAX_LINES_A_SECOND) return;
    const cut = line.slice(0, LINE_CHARACTERS);
    if (this.#linked) return this.#tell({ type: 'log', line: cut });
    this.#kept.push(cut);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
  }

  /** Says the last word and hangs up. May be called twice. */
  async end(timeoutMs = 300): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, timeoutMs).unref();
      socket.once('close', resolve);
      if (this.#linked) socket.end();
      else socket.destroy();
    });
    socket.destroy();
  }

  #dial(): void {
    const place = openServerPlace(this.#place.directory, this.#place.uid);
    if (place.kind === 'untrusted') {
      this.#trouble = place.why;
      // not within the constructor: nobody holds this link yet
      queueMicrotask(() => this.#events.untrusted(place.why));
      return this.#dialLater();
    }
    if (place.kind === 'absent') {
      this.#trouble = place.why;
      return this.#dialLater();
    }
    const socket = createConnection(place.path);
    this.#socket = socket;
    let release = (): void => {
      release = () => undefined;
      place.close();
    };
    let rest = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      release();
      this.#greet();
    });
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) socket.destroy();
      for (const line of lines) this.#receive(line);
    });
    socket.on('error', (error) => (this.#trouble = error.message));
    socket.once('close', () => {
      release();
      if (this.#linked) this.#trouble = 'it hung up';
      this.#linked = false;
      this.#dialLater();
    });
  }

  #greet(): void {
    this.#linked = true;
    this.#trouble = 'it took the call and says nothing';
    this.#tell({ type: 'begin', ...this.#begin, ...(this.#launch && { launch: this.#launch }) });
    for (const line of this.#kept.splice(0)) this.#tell({ type: 'log', line });
  }

  #dialLater(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => this.#dial(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_REDIAL_MS);
  }

  #tell(line: FromLauncher): void {
    const socket = this.#socket;
    if (!this.#linked || socket?.writable !== true) return;
    // one that does not read is as good as gone: it is told all when it is dialled again
    if (socket.writableLength > MAX_UNSENT) socket.destroy();
    else socket.write(`${JSON.stringify(line)}\n`);
  }

  #receive(text: string): void {
    const line = readServerLine(text);
    if (line === undefined) return;
    this.#wait = FIRST_WAIT_MS;
    switch (line.type) {
      case 'go':
      case 'refuse':
        return this.#events.answer(line);
      case 'asking':
        return this.#events.asking(line.resources);
      case 'queue':
        return this.#events.queue(line.allocation);
      case 'cancel':
        return this.#events.cancel();
    }
  }
}
