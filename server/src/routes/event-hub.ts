import type { ServerEvent } from '@berth/schema/rest';

/** How many past events are kept for those who come back after a break. */
const KEPT = 1000;

/** Each tells a whole state, of which an earlier one is worth nothing: 200 jobs are 100 kB every few seconds. */
const WHOLE: ReadonlySet<ServerEvent['type']> = new Set(['allocations', 'scan']);

/** Of these nobody is told afterwards: a chatty kernel would push out what whoever was away must know. */
const FLEETING: ReadonlySet<ServerEvent['type']> = new Set(['launch-log']);

/** Who listens. */
export interface Listener {
  /** bytes that were written and not yet taken */
  pending(): number;
  write(text: string): void;
  /** ends the connection */
  drop(): void;
}

export interface EventHubOptions {
  /** changes with every start of the server, so that ids of an earlier one are known as such */
  readonly instance: string;
  /** listeners at once */
  readonly most?: number;
  /**
   * bytes that a listener may leave lying before it is dropped: it comes back and resumes. As many are kept for those who
   * come back, so that what they are given does not get them dropped again
   */
  readonly patience?: number;
}

interface Kept {
  readonly number: number;
  readonly type: ServerEvent['type'];
  readonly text: string;
  readonly bytes: number;
}

/**
 * Tells events to all listeners, and to one who comes back those that it missed, but of whole states the newest alone.
 * Source: HTML, "Server-sent events".
 */
export class EventHub {
  readonly #instance: string;
  readonly #most: number;
  readonly #patience: number;
  readonly #listeners = new Set<Listener>();
  #kept: Kept[] = [];
  #keptBytes = 0;
  /** the newest that is lost for those who come back */
  #lost = 0;
  #number = 0;
  #dropped = 0;
  #closed = false;

  constructor({ instance, most = 200, patience = 1024 * 1024 }: EventHubOptions) {
    this.#instance = instance;
    this.#most = most;
    this.#patience = patience;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** how many were dropped because they did not read */
  get dropped(): number {
    return this.#dropped;
  }

  get full(): boolean {
    return this.#closed || this.#listeners.size >= this.#most;
  }

  readonly publish = (event: ServerEvent): void => {
    this.#number += 1;
    const text = this.#textOf(event);
    if (!FLEETING.has(event.type))
      this.#keep({ number: this.#number, type: event.type, text, bytes: Buffer.byteLength(text) });
    this.#send(text);
  };

  /** A comment, so that no proxy takes the silence for an end. */
  beat(): void {
    this.#send(':\n\n');
  }

  /**
   * Add a listener. One without `lastId` is told the newest id, so that it can resume from here; one with it what came after,
   * or `reset` when that is not known any more.
   * @returns removes it; may be called twice
   */
  listen(listener: Listener, lastId: string | undefined): () => void {
    listener.write(this.#greeting(lastId));
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** End all; may be called twice. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.drop();
    this.#listeners.clear();
  }

  #keep(event: Kept): void {
    const older = WHOLE.has(event.type) ? this.#kept.findIndex(({ type }) => type === event.type) : -1;
    const [replaced] = older < 0 ? [] : this.#kept.splice(older, 1);
    this.#kept.push(event);
    this.#keptBytes += event.bytes - (replaced?.bytes ?? 0);
    while (this.#kept.length > KEPT || this.#keptBytes > this.#patience) {
      const lost = this.#kept.shift();
      if (lost === undefined) return;
      this.#keptBytes -= lost.bytes;
      this.#lost = lost.number;
    }
  }

  #greeting(lastId: string | undefined): string {
    // an event without data is not dispatched, but its id is remembered
    if (lastId === undefined || lastId === '') return `id: ${this.#instance}-${this.#number}\n\n`;
    const number = this.#numberOf(lastId);
    if (number === undefined || number < this.#lost || number > this.#number)
      return this.#textOf({ type: 'reset', value: {} });
    return (
      this.#kept
        .filter((event) => event.number > number)
        .map(({ text }) => text)
        .join('') || ':\n\n'
    );
  }

  #numberOf(id: string): number | undefined {
    const prefix = `${this.#instance}-`;
    const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
    return /^[0-9]{1,15}$/.test(digits) ? Number(digits) : undefined;
  }

  /** JSON has no line ends of its own, so that the data is one line. */
  #textOf({ type, value }: ServerEvent): string {
    return `id: ${this.#instance}-${this.#number}\nevent: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
  }

  #send(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.pending() <= this.#patience) listener.write(text);
      else {
        this.#dropped += 1;
        this.#listeners.delete(listener);
        listener.drop();
      }
    }
  }
}
