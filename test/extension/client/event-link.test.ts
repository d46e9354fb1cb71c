import { afterEach, expect, test } from '@jest/globals';
import type { ServerEvent } from '@berth/schema/rest';
import { BerthClient } from '../../../extension/src/client/client.ts';
import { backOff, EventLink } from '../../../extension/src/client/event-link.ts';
import { eventually } from '../stand-in/send-to.ts';

/** Streams under the test's own hand; the request's signal is not heeded, as by a reader that is stuck. */
class Streams {
  readonly asked: (string | undefined)[] = [];
  readonly heard: string[] = [];
  readonly link: EventLink;
  #now: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(silence: number) {
    const client = new BerthClient((_, { headers }) => {
      this.asked.push(new Headers(headers).get('Last-Event-ID') ?? undefined);
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#now = controller) });
      return Promise.resolve(new Response(body));
    });
    const listener = {
      opened: (fresh: boolean) => void this.heard.push(fresh ? 'opened anew' : 'resumed'),
      event: ({ type }: ServerEvent) => void this.heard.push(type),
      broken: () => void this.heard.push('broken'),
    };
    this.link = new EventLink(client, listener, () => Promise.resolve(), silence);
  }
  say(text: string): void {
    this.#now?.enqueue(new TextEncoder().encode(text));
  }
}
let streams: Streams;
afterEach(() => streams?.link.dispose());
const event = 'id: 1-1\nevent: kernelspecs\ndata: {}\n\n';

test('a stream that is silent for too long is dead: it dials again and goes on where it was', async () => {
  streams = new Streams(500);
  streams.link.start();
  await eventually(() => streams.heard.length === 1);
  streams.say(event);
  await eventually(() => streams.asked.length === 2);
  expect(streams.asked).toEqual([undefined, '1-1']);
  expect(streams.heard.slice(0, 4)).toEqual(['opened anew', 'kernelspecs', 'broken', 'resumed']);
});

test('a server that only beats is alive', async () => {
  streams = new Streams(300);
  streams.link.start();
  await eventually(() => streams.heard.length === 1);
  const end = Date.now() + 600;
  const beats = setInterval(() => streams.say(':\n\n'), 20);
  await eventually(() => Date.now() > end);
  clearInterval(beats);
  expect(streams.heard).toEqual(['opened anew']);
});

test('rests without a word, and resumes where it was', async () => {
  streams = new Streams(60_000);
  streams.link.start();
  await eventually(() => streams.heard.length === 1);
  streams.say(event);
  await eventually(() => streams.heard.length === 2);
  streams.link.rest();
  expect(streams.link.active).toBe(false);
  streams.link.start();
  await eventually(() => streams.heard.length === 3);
  expect(streams.heard).toEqual(['opened anew', 'kernelspecs', 'resumed']);
  expect(streams.asked).toEqual([undefined, '1-1']);
});

test('dials again soon, then less and less often, never more than 15 s apart', () => {
  expect([0, 1, 2, 5, 6, 100].map(backOff)).toEqual([250, 500, 1000, 8000, 15_000, 15_000]);
});
