/** Requests that mean no good (T28, T33), over the real socket; after each the server still answers. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Problem } from '@berth/schema/rest';
import { openLog } from '@berth/server/routes';
import express from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { KERNEL, LAUNCH, runningApp, type RunningApp } from './running-app.ts';

let app: RunningApp;
beforeEach(async () => {
  app = await runningApp();
});
afterEach(async () => {
  expect((await app.ask('GET', '/v1/status')).status).toBe(200);
  await app.close();
});

/** Bytes as they are; `ended` is all that came when the server has closed. */
async function raw(): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(app.socket);
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  // a server that closes while we write is what we are after
  socket.on('error', () => undefined);
  return { socket, ended: new Promise((resolve) => socket.on('close', () => resolve(text))) };
}
const statusOf = (text: string): string => text.split(' ')[1] ?? '';
const problemOf = (text: string): Problem => Problem.parse(JSON.parse(text.split('\r\n\r\n')[1] ?? ''));
const WISH = 'PUT /v1/wishes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

test('a body of 1 GB is refused before it is sent, and the connection closed', async () => {
  const { socket, ended } = await raw();
  socket.write(`${WISH}Content-Length: 1000000000\r\n\r\n`);
  const text = await ended;
  expect([statusOf(text), problemOf(text).title]).toEqual(['413', 'body-too-long']);
});

test.each([
  ['that none takes', 'POST /v1/scan HTTP/1.1\r\nHost: x\r\n', 400],
  ['of an unknown address', 'POST /nowhere HTTP/1.1\r\nHost: x\r\n', 404],
])('a body without a length, %s: refused by its headers, and closed', async (_, head, status) => {
  const { socket, ended } = await raw();
  socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  const text = await ended;
  expect(Number(statusOf(text))).toBe(status);
  expect(text).toMatch(/^connection: close/im);
  expect(app.done).toEqual([]);
});

test('a body without a length and an end: closed after little', async () => {
  const { socket, ended } = await raw();
  socket.write(`${WISH}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  let sent = 0;
  const pump = setInterval(() => {
    if (!socket.writable || socket.writableNeedDrain) return;
    socket.write(chunk);
    sent += chunk.length;
  });
  const text = await ended.finally(() => clearInterval(pump));
  // whoever goes on writing may lose the answer with the connection
  expect(['413', '']).toContain(statusOf(text));
  expect(sent).toBeLessThan(4 * 1024 * 1024);
  expect(app.done).toEqual([]);
});

test('who goes away in the middle of a body is no fault of ours', async () => {
  const { socket, ended } = await raw();
  socket.write(`${WISH}Content-Length: 100\r\n\r\n{"path"`);
  // it was begun: what is asked after it is answered
  await app.ask('GET', '/v1/status');
  socket.destroy();
  await ended;
  while (!app.logged().includes('setWish')) await new Promise((resolve) => setImmediate(resolve));
  expect(app.logged()).not.toContain('fault');
  expect(app.done).toEqual([]);
});

test('control: Express that reads with its own parser takes all of such a body, whoever asks', async () => {
  const bare = createServer(express().use(express.json({ limit: 1024 })));
  const path = `${app.socket}-bare`;
  bare.listen(path);
  await once(bare, 'listening');
  const socket = connect(path);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${WISH}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  for (let sent = 0; sent < 8 * 1024 * 1024; sent += chunk.length)
    if (!socket.write(chunk)) await once(socket, 'drain');
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  bare.close();
});

test('100,000 headers: 431', async () => {
  const { socket, ended } = await raw();
  socket.write(`GET /v1/status HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(100_000)}\r\n`);
  const text = await ended;
  expect([statusOf(text), problemOf(text).title]).toEqual(['431', 'request-invalid']);
});

test('headers that never end, 200 at once: closed with 408, others are served meanwhile', async () => {
  expect(app.server.headersTimeout).toBeLessThanOrEqual(10_000);
  expect(app.server.requestTimeout).toBeLessThanOrEqual(30_000);
  app.server.headersTimeout = 2000;
  const slow = await Promise.all(Array.from({ length: 200 }, raw));
  for (const { socket } of slow) socket.write('GET /v1/status HTTP/1.1\r\nHost: x\r\nA: ');
  expect((await app.ask('GET', '/v1/status')).status).toBe(200);
  const texts = await Promise.all(slow.map(({ ended }) => ended));
  expect(new Set(texts.map(statusOf))).toEqual(new Set(['408']));
});

test.each([
  'GARBAGE\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  '\u0000\u0001\u0002\r\n\r\n',
])('what is not HTTP: 400', async (bytes) => {
  const { socket, ended } = await raw();
  socket.write(bytes);
  expect(statusOf(await ended)).toBe('400');
});

test.each([
  '?search[a]=b',
  '?search=a&search=b',
  '?__proto__[x]=1',
  '?unknown=1',
  '?limit=0',
  '?limit=101',
  '?limit=1e2',
  `?search=${'x'.repeat(201)}`,
  '?offered=yes',
])('the query %s is 400', async (query) => {
  const { status, text } = await app.ask('GET', `/v1/kernels${query}`);
  expect([status, Problem.parse(JSON.parse(text)).title]).toEqual([400, 'request-invalid']);
});

const json = { 'content-type': 'application/json' };
const good = JSON.stringify({ path: '', kernel: KERNEL, resources: {} });
test.each([
  ['no media type', {}, good, 415],
  ['a form (T28)', { 'content-type': 'application/x-www-form-urlencoded' }, 'path=a', 415],
  ['JSON as text (T28)', { 'content-type': 'text/plain' }, good, 415],
  ['compressed', { ...json, 'content-encoding': 'gzip' }, good, 415],
  ['no JSON', json, '{', 400],
  ['nothing', json, '', 400],
  ['deep nesting', json, '['.repeat(30_000) + ']'.repeat(30_000), 400],
  ['an unknown key', json, JSON.stringify({ path: '', kernel: KERNEL, resources: {}, uid: 0 }), 400],
  ['a key of objects', json, `{"__proto__": {}, "path": "", "kernel": "${KERNEL}", "resources": {}}`, 400],
  [
    'an option to Slurm',
    json,
    JSON.stringify({ path: '', kernel: KERNEL, resources: { partition: '--uid=0' } }),
    400,
  ],
  ['a line end', json, JSON.stringify({ path: 'a\nb', kernel: KERNEL, resources: {} }), 400],
  ['too long', json, JSON.stringify({ path: 'x'.repeat(70_000) }), 413],
])('a body with %s is refused', async (_, headers, body, status) => {
  const answer = await app.ask('PUT', '/v1/wishes', { headers, body });
  expect([answer.status, Problem.parse(JSON.parse(answer.text)).status]).toEqual([status, status]);
  expect(app.done).toEqual([]);
});

test('control: the good body is taken', async () => {
  expect((await app.ask('PUT', '/v1/wishes', { headers: json, body: good })).status).toBe(200);
  expect(app.done).toEqual(['wish']);
});

test('secrets in every place are in no line of the log; each line is short and whole (T34)', async () => {
  const canary = 'canary0123456789';
  const headers = {
    authorization: `token ${canary}`,
    cookie: `_xsrf=${canary}`,
    referer: `http://x/?token=${canary}`,
    'user-agent': `${canary}\u001b[31m`.replace('\u001b', ''),
    ...json,
  };
  for (const [method, path, body] of [
    ['GET', `/v1/kernels?search=${canary}&token=${canary}`, undefined],
    ['GET', `/v1/kernels/${canary}`, undefined],
    ['GET', `/${canary}`, undefined],
    [canary.toUpperCase().slice(0, 3), '/v1/status', undefined],
    ['PUT', '/v1/wishes', `{"${canary}"`],
    ['PUT', '/v1/wishes', JSON.stringify({ [canary]: canary })],
    ['POST', `/v1/launches/${LAUNCH}/answer?token=${canary}`, JSON.stringify({ start: canary })],
    ['POST', `/v1/scan?x=${canary}%0d%0a${'y'.repeat(10_000)}`, undefined],
  ] as const)
    await app.ask(method, path, { headers, ...(body === undefined ? {} : { body }) }).catch(() => undefined);
  const lines = app.logged().trim().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(7);
  expect(app.logged().toLowerCase()).not.toContain('canary');
  for (const line of lines) {
    expect(line.length).toBeLessThan(1024);
    expect(JSON.parse(line)).toMatchObject({ msg: 'request' });
  }
});

test('control: an address in the log would give the canary away; so only names of routes are there', () => {
  let logged = '';
  openLog({ write: (line: string) => void (logged += line) }).info('request', {
    url: '/v1/kernels?search=canary',
  });
  expect(logged).toContain('canary');
});
