import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { relay, relayEagerly } from '../../../spawner/src/launch/relay.ts';
import { closeSockets, readAll, readBytes, socketPair } from './sockets.ts';
import { until } from './until.ts';

afterEach(closeSockets);

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** client <-> (front, back) <-> kernel, joined by `join(back, front)` */
async function joined(join: (kernel: Socket, client: Socket) => void) {
  const [client, front] = await socketPair();
  const [kernel, back] = await socketPair();
  join(back, front);
  return { client, kernel, front, back };
}

describe.each([
  ['relay', relay],
  ['relayEagerly', relayEagerly],
])('%s', (_, join) => {
  test('bytes pass unchanged both ways', async () => {
    const { client, kernel } = await joined(join);
    const [down, up] = [randomBytes(3_000_000), randomBytes(2_000_000)];
    kernel.write(down);
    client.write(up);
    const [atClient, atKernel] = await Promise.all([
      readBytes(client, down.length),
      readBytes(kernel, up.length),
    ]);
    expect([sha(atClient), sha(atKernel)]).toEqual([sha(down), sha(up)]);
  });

  test('the end of either is the end of both, after all that was said has come through', async () => {
    for (const side of ['client', 'kernel'] as const) {
      const { client, kernel, front, back } = await joined(join);
      const [speaker, hearer] = side === 'client' ? [client, kernel] : [kernel, client];
      const words = randomBytes(5_000_000);
      speaker.end(words);
      speaker.resume();
      expect(sha(await readAll(hearer))).toBe(sha(words));
      await until(() => front.destroyed && back.destroyed);
    }
  });

  test('one that breaks off takes the other with it', async () => {
    const { client, kernel, back } = await joined(join);
    kernel.resume();
    client.resetAndDestroy();
    await once(kernel, 'close');
    await until(() => back.destroyed);
  });
});

test('relay passes back-pressure on: a kernel that nobody reads has to wait', async () => {
  const { kernel } = await joined(relay);
  const megabyte = Buffer.alloc(1 << 20);
  for (let sent = 0; sent < 40; sent++) kernel.write(megabyte);
  await until(() => kernel.bytesWritten > 0 && kernel.writableLength > 0);
  const before = kernel.writableLength;
  await new Promise((resolve) => setImmediate(resolve));
  expect(before).toBeGreaterThan(0);
});

test('iopub: a kernel is not made to wait below 64 MiB, and the slow reader loses nothing', async () => {
  const { client, kernel, front } = await joined(relayEagerly);
  const block = randomBytes(1 << 20);
  for (let sent = 0; sent < 56; sent++) kernel.write(block);
  // the reader sleeps; everything leaves the kernel all the same
  await until(() => kernel.writableLength === 0 && front.writableLength > 40 * (1 << 20), 20_000);
  const hash = createHash('sha256');
  const expected = createHash('sha256');
  for (let sent = 0; sent < 56; sent++) expected.update(block);
  hash.update(await readBytes(client, 56 * (1 << 20)));
  expect(hash.digest('hex')).toBe(expected.digest('hex'));
});

test('iopub: above that the kernel waits, in bounded memory, and goes on when the reader does', async () => {
  const { client, kernel, front } = await joined(relayEagerly);
  const block = Buffer.alloc(1 << 20, 7);
  for (let sent = 0; sent < 100; sent++) kernel.write(block);
  await until(() => front.writableLength > 64 * (1 << 20), 20_000);
  expect(front.writableLength).toBeLessThan(66 * (1 << 20));
  expect(kernel.writableLength).toBeGreaterThan(0);
  expect((await readBytes(client, 100 * (1 << 20))).length).toBe(100 * (1 << 20));
});
