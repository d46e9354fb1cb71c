import { expect, test } from '@jest/globals';
import { ServerClock } from '../../../extension/src/client/server-clock.ts';

const at = Date.parse('2026-03-01T12:00:00Z');
const saying = (date: string) => new Response('', { headers: { Date: date } });

test('goes by the server, whatever this machine says', () => {
  const clock = new ServerClock(() => at);
  clock.hear(saying('Sun, 01 Mar 2026 12:05:00 GMT'));
  expect(clock.now()).toBe(at + 300_000);
});

test('a difference of the network is none, and a response without a date teaches nothing', () => {
  const clock = new ServerClock(() => at);
  clock.hear(saying('Sun, 01 Mar 2026 12:00:01 GMT'));
  expect(clock.now()).toBe(at);
  clock.hear(new Response(''));
  expect(clock.now()).toBe(at);
});
