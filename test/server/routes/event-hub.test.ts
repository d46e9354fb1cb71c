import { describe, expect, test } from '@jest/globals';
import { ServerEvent } from '@berth/schema/rest';
import { EventHub } from '@berth/server/routes';
import fc from 'fast-check';

const event = (at: number): ServerEvent => ({ type: 'kernels', value: { revision: String(at) } });

/** A client as the standard says: remembers the newest id, takes events with data. */
function client(hub: EventHub) {
  const seen: ServerEvent[] = [];
  let lastId: string | undefined;
  let stop = (): void => undefined;
  let dropped = 0;
  const write = (text: string): void => {
    for (const block of text.split('\n\n').filter(Boolean)) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields['id'] !== undefined) lastId = fields['id'];
      if (fields['data'] === undefined) continue;
      const parsed: unknown = JSON.parse(fields['data']);
      seen.push(ServerEvent.parse({ type: fields['event'], value: parsed }));
    }
  };
  return {
    seen,
    pending: 0,
    get dropped() {
      return dropped;
    },
    connect(of: EventHub = hub) {
      stop = of.listen({ pending: () => this.pending, write, drop: () => (dropped += 1) }, lastId);
    },
    disconnect: () => stop(),
  };
}

test('property: whoever breaks off and comes back sees every event once, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('publish', 'break', 'back', 'beat'), { maxLength: 200 }),
      (steps) => {
        const hub = new EventHub({ instance: 'x' });
        const one = client(hub);
        one.connect();
        let connected = true;
        let told = 0;
        for (const step of [...steps, 'back', 'publish'] as const) {
          if (step === 'publish') hub.publish(event((told += 1)));
          else if (step === 'beat') hub.beat();
          else if (step === 'break') {
            one.disconnect();
            connected = false;
          } else if (!connected) {
            one.connect();
            connected = true;
          }
        }
        expect(one.seen).toEqual(Array.from({ length: told }, (_, at) => event(at + 1)));
      },
    ),
  );
});

test.each([
  ['of an earlier server', 'y-3'],
  ['that never was', 'x-99'],
  ['of garbage', '../x-1\u0000'],
  ['negative', 'x--1'],
])('an id %s: reset, and from there on', (_, lastId) => {
  const hub = new EventHub({ instance: 'x' });
  hub.publish(event(1));
  const texts: string[] = [];
  hub.listen({ pending: () => 0, write: (text) => void texts.push(text), drop: () => undefined }, lastId);
  expect(texts).toEqual(['id: x-1\nevent: reset\ndata: {}\n\n']);
});

test('events that are too long ago: reset instead of a gap; the oldest that is kept is still given', () => {
  const hub = new EventHub({ instance: 'x' });
  for (let at = 1; at <= 1500; at += 1) hub.publish(event(at));
  const first = (lastId: string): string => {
    const texts: string[] = [];
    hub.listen({ pending: () => 0, write: (text) => void texts.push(text), drop: () => undefined }, lastId);
    return texts[0] ?? '';
  };
  expect(first('x-499')).toMatch(/^id: x-1500\nevent: reset\n/);
  expect(first('x-500')).toMatch(/^id: x-501\nevent: kernels\n/);
  expect(first('x-1500')).toBe(':\n\n');
});

describe('what is kept for those who come back', () => {
  const allocations = (at: number, bytes: number): ServerEvent => ({
    type: 'allocations',
    value: { allocations: [], stale: `${at}`.padEnd(bytes, '.') },
  });
  const missed = (hub: EventHub, lastId: string): string => {
    const texts: string[] = [];
    hub.listen({ pending: () => 0, write: (text) => void texts.push(text), drop: () => undefined }, lastId);
    return texts.join('');
  };

  test('of whole states the newest, in its place among the others', () => {
    const hub = new EventHub({ instance: 'x' });
    for (let at = 1; at <= 300; at += 1) hub.publish(allocations(at, 100_000));
    hub.publish(event(301));
    const text = missed(hub, 'x-0');
    expect(text).toMatch(/^id: x-300\nevent: allocations\n.*\n\nid: x-301\nevent: kernels\n.*\n\n$/);
  });

  test('that a log has grown is told to who listens, and to nobody afterwards', () => {
    const hub = new EventHub({ instance: 'x' });
    const one = client(hub);
    one.connect();
    hub.publish(event(1));
    const grown: ServerEvent = { type: 'launch-log', value: { id: 'a'.repeat(16) } };
    for (let at = 0; at < 2000; at += 1) hub.publish(grown);
    hub.publish(event(2));
    expect(one.seen).toHaveLength(2002);
    expect(missed(hub, 'x-0')).toMatch(/^id: x-1\nevent: kernels\n.*\n\nid: x-2002\nevent: kernels\n.*\n\n$/);
    expect(missed(hub, 'x-2002')).toBe(':\n\n');
  });

  test('no more bytes than a listener may leave lying: reset instead', () => {
    const hub = new EventHub({ instance: 'x', patience: 1000 });
    const long = (at: number): ServerEvent => ({
      type: 'kernels',
      value: { revision: `${at}`.padEnd(100, 'ü') },
    });
    for (let at = 1; at <= 50; at += 1) {
      hub.publish(long(at));
      for (let from = 0; from <= at; from += 1)
        expect(Buffer.byteLength(missed(hub, `x-${from}`))).toBeLessThanOrEqual(1000);
    }
    expect(missed(hub, 'x-1')).toMatch(/event: reset/);
    expect(missed(hub, 'x-48')).toMatch(/^id: x-49\n.*\n.*\n\nid: x-50\n/);
    // one that is too long alone is not kept at all
    hub.publish(allocations(51, 2000));
    expect(missed(hub, 'x-50')).toMatch(/event: reset/);
    expect(missed(hub, 'x-51')).toBe(':\n\n');
  });
});

test('who does not read is dropped, and the others hear on', () => {
  const hub = new EventHub({ instance: 'x', patience: 100 });
  const [slow, quick] = [client(hub), client(hub)];
  slow.connect();
  quick.connect();
  slow.pending = 101;
  hub.publish(event(1));
  hub.publish(event(2));
  expect([slow.dropped, slow.seen.length, quick.dropped, quick.seen.length]).toEqual([1, 0, 0, 2]);
  expect([hub.listeners, hub.dropped]).toEqual([1, 1]);
});

test('no more than so many listen; closed, none; to close twice is no fault', () => {
  const hub = new EventHub({ instance: 'x', most: 1 });
  const one = client(hub);
  expect(hub.full).toBe(false);
  one.connect();
  expect(hub.full).toBe(true);
  hub.close();
  hub.close();
  expect([one.dropped, hub.listeners, hub.full]).toEqual([1, 0, true]);
});
