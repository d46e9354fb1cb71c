import { afterEach, expect, test } from '@jest/globals';
import { EventHub } from '@berth/server/routes';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { runningApp, type RunningApp } from './running-app.ts';

let app: RunningApp;
afterEach(() => app.close());

/** The stream as it comes; `until` resolves when it holds `text`. */
async function listen(headers: Record<string, string> = {}) {
  const sent = request({ socketPath: app.socket, path: '/v1/events', headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.on('error', () => undefined);
  const until = async (wanted: string): Promise<string> => {
    while (!text.includes(wanted)) await once(response, 'data');
    return text;
  };
  return { response, until, end: () => sent.destroy() };
}
const scan = { type: 'scan', value: { state: 'idle' } } as const;

test('events come at once, unbuffered, and are resumed after a break', async () => {
  app = await runningApp({ events: new EventHub({ instance: 'i' }) });
  const first = await listen({ accept: 'text/event-stream' });
  expect(first.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  await first.until('id: i-0\n\n');
  app.events.publish(scan);
  expect(await first.until('i-1')).toContain('id: i-1\nevent: scan\ndata: {"state":"idle"}\n\n');
  const gone = new Promise((resolve) => first.response.on('close', resolve));
  first.end();
  await gone;
  app.events.publish(scan);
  const second = await listen({ 'last-event-id': 'i-1' });
  expect(await second.until('\n\n')).toBe('id: i-2\nevent: scan\ndata: {"state":"idle"}\n\n');
  second.end();
});

test('406 for who wants something else, 503 when all places are taken', async () => {
  app = await runningApp({ events: new EventHub({ instance: 'i', most: 1 }) });
  expect(await app.ask('GET', '/v1/events', { headers: { accept: 'application/json' } })).toMatchObject({
    status: 406,
  });
  const one = await listen();
  await one.until('id:');
  expect(await app.ask('GET', '/v1/events')).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
  });
  one.end();
});

test('a reader that never reads is dropped, and does not hold up the one that does', async () => {
  app = await runningApp({ events: new EventHub({ instance: 'i', patience: 64 * 1024 }) });
  const deaf = connect(app.socket);
  deaf.on('error', () => undefined);
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
  const reader = await listen();
  await reader.until('id:');
  while (app.events.listeners < 2) await new Promise((resolve) => setImmediate(resolve));
  const big = { type: 'kernels', value: { revision: 'x'.repeat(16 * 1024) } } as const;
  let sent = 0;
  while (app.events.dropped === 0 && sent < 500) {
    app.events.publish(big);
    sent += 1;
    await reader.until(`id: i-${sent}\n`);
  }
  expect([app.events.dropped, app.events.listeners]).toEqual([1, 1]);
  reader.end();
  deaf.destroy();
});
