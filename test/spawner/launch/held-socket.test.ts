import { afterEach, expect, test } from '@jest/globals';
import { holdSocket } from '../../../spawner/src/launch/held-socket.ts';
import { closeSockets, readBytes, socketPair } from './sockets.ts';
import { until } from './until.ts';

afterEach(closeSockets);

test('what was said early comes first, what is said later after it', async () => {
  const [client, accepted] = await socketPair();
  const release = holdSocket(accepted);
  client.write('early ');
  await until(() => accepted.bytesRead === 6);
  expect(release()).toBe(true);
  client.write('later');
  expect(String(await readBytes(accepted, 11))).toBe('early later');
});

test('one that is gone is not given back, whether it ended or broke off', async () => {
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const [client, accepted] = await socketPair();
    const release = holdSocket(accepted);
    client.resume()[leave]();
    await until(() => accepted.closed);
    expect(release()).toBe(false);
  }
});

test('one that says too much is made to wait, in bounded memory, and loses nothing', async () => {
  const [client, accepted] = await socketPair();
  const release = holdSocket(accepted);
  const much = Buffer.alloc(20_000_000, 'x');
  client.write(much);
  await until(() => accepted.isPaused());
  expect(accepted.bytesRead).toBeLessThan(512 * 1024);
  expect(release()).toBe(true);
  expect((await readBytes(accepted, much.length)).equals(much)).toBe(true);
});
