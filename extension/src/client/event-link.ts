import { ServerEvent } from '@berth/schema/rest';
import type { IDisposable } from '@lumino/disposable';
import type { BerthClient, Pause } from './client.ts';
import { needsPerson, type ServerProblem } from './server-problem.ts';
import { EventStreamParser, type StreamMessage } from './event-stream-parser.ts';

/** Whoever listens. `opened` with `fresh` when nothing can be resumed: everything is to be read anew. */
export interface EventListener {
  readonly opened: (fresh: boolean) => void;
  readonly event: (event: ServerEvent) => void;
  /** `forGood` when dialling again is of no use: `start` does it once the person may have done something */
  readonly broken: (forGood?: ServerProblem) => void;
}

/** Milliseconds until the next attempt after so many in a row that failed: 0.25 s, doubled up to 15 s. */
export const backOff = (failures: number): number => Math.min(15_000, 250 * 2 ** failures);

/** Milliseconds of silence after which a stream is taken for dead: the server says something every 20 s. */
const SILENCE = 65_000;

/**
 * Keeps the stream of events open: after a break, or a silence that no live server keeps (a suspended laptop, a proxy that
 * forgot the connection), it dials again, sends the last id it saw and goes on. A page that nobody
 * looks at gives its connection back after a while, since browsers allow six to a host and Lab needs them for other tabs;
 * what happened meanwhile comes when it is looked at again.
 */
export class EventLink implements IDisposable {
  readonly #client: BerthClient;
  readonly #listener: EventListener;
  readonly #pause: Pause;
  readonly #silence: number;
  #last: string | undefined;
  #abort: AbortController | undefined;
  #failures = 0;
  #disposed = false;

  constructor(client: BerthClient, listener: EventListener, pause: Pause, silence = SILENCE) {
    this.#client = client;
    this.#listener = listener;
    this.#pause = pause;
    this.#silence = silence;
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#disposed = true;
    this.rest();
  }

  /** Whether it is, or is trying to be, connected. */
  get active(): boolean {
    return this.#abort !== undefined;
  }

  /** Connect, and stay so until `rest` or `dispose`. Harmless when it is connected. */
  start(): void {
    if (this.#abort || this.#disposed) return;
    const abort = new AbortController();
    this.#abort = abort;
    void this.#keep(abort.signal);
  }

  /** Give the connection back; `start` resumes where it was. */
  rest(): void {
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#dial(signal);
      } catch (error) {
        if (!signal.aborted && needsPerson(error)) {
          this.rest();
          return this.#listener.broken(error);
        }
        // said below: any other break has no other consequence than the next attempt
      }
      if (signal.aborted) return;
      this.#listener.broken();
      await this.#pause(backOff(this.#failures++));
    }
  }

  /** One connection, until it breaks, is silent for too long, or `signal` ends it. */
  async #dial(signal: AbortSignal): Promise<void> {
    const dial = new AbortController();
    const end = (): void => dial.abort();
    signal.addEventListener('abort', end);
    let watch = setTimeout(end, this.#silence);
    const alive = (): void => {
      clearTimeout(watch);
      watch = setTimeout(end, this.#silence);
    };
    try {
      await this.#read(await this.#client.events(this.#last, dial.signal), dial.signal, alive);
    } finally {
      clearTimeout(watch);
      signal.removeEventListener('abort', end);
      end();
    }
  }

  async #read(body: ReadableStream<Uint8Array>, signal: AbortSignal, alive: () => void): Promise<void> {
    const parser = new EventStreamParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    // a stream that does not heed the signal would keep its reader waiting for ever
    signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
    this.#listener.opened(this.#last === undefined);
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.#failures = 0;
      alive();
      for (const message of parser.push(decoder.decode(value, { stream: true }))) this.#hear(message);
    }
  }

  #hear({ type, data, id }: StreamMessage): void {
    if (id !== undefined) this.#last = id;
    const parsed = ServerEvent.safeParse({ type, value: readJson(data) });
    // an event of a newer server: what it tells of is read anew with the page
    if (parsed.success) this.#listener.event(parsed.data);
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
