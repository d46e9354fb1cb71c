import { afterEach, expect, test } from '@jest/globals';
import { BerthClient } from '../../../extension/src/client/client.ts';
import { ServerProblem } from '../../../extension/src/client/server-problem.ts';
import { kernel } from '../stand-in/scenes.ts';
import { sendTo } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
afterEach(() => standIn.down());
const noPause = () => Promise.resolve();

test('asks by the table of routes and reads what the contract promises', async () => {
  standIn = await standInUp('many');
  const client = new BerthClient(sendTo(standIn));
  const page = await client.call('kernels', { query: { search: 'ocean', limit: '3' } });
  expect(page.kernels.map(({ image }) => image.includes('ocean'))).toEqual([true, true, true]);
  const { name } = kernel(0);
  expect(await client.call('kernel', { params: { name } })).toMatchObject({ version: '3.12.7' });
  expect(await client.call('withdraw', { params: { name } })).toBeUndefined();
  expect(standIn.asked).toEqual([
    'GET /v1/kernels?search=ocean&limit=3',
    `GET /v1/kernels/${name}`,
    `DELETE /v1/kernels/${name}/kernelspec`,
  ]);
});

test('tells a failure as the server does: a sentence, a code, what to do', async () => {
  standIn = await standInUp();
  const call = new BerthClient(sendTo(standIn)).call('kernel', { params: { name: 'none' } });
  await expect(call).rejects.toMatchObject({
    name: 'ServerProblem',
    code: 'not-there',
    message: 'There is no such thing.',
    hint: 'Try again.',
  });
});

test('sends again what met the server just while it was down', async () => {
  standIn = await standInUp('one');
  standIn.stumble(2, 502);
  const client = new BerthClient(sendTo(standIn), noPause);
  const body = { path: 'a.ipynb', kernel: kernel(0).name, resources: { cpus: 2 } };
  expect(await client.call('setWish', { body })).toMatchObject({ confirmed: true });
  expect(standIn.asked).toEqual(Array.from({ length: 3 }, () => 'PUT /v1/wishes'));
  expect(standIn.bodies).toEqual([body, body, body]);
});

test('says that nobody answers when it stays so, and does not repeat what was refused', async () => {
  standIn = await standInUp('one');
  const client = new BerthClient(sendTo(standIn), noPause);
  standIn.stumble(9, 503);
  await expect(client.call('profiles')).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  standIn.stumble(0, 0);
  const before = standIn.asked.length;
  await expect(client.call('launch', { params: { id: 'f'.repeat(16) } })).rejects.toThrow(ServerProblem);
  expect(standIn.asked).toHaveLength(before + 1);
});

test('refuses an answer that is not what the contract says', async () => {
  standIn = await standInUp();
  const odd = new BerthClient(() => Promise.resolve(Response.json({ kernels: 'many' })));
  await expect(odd.call('kernels', { query: {} })).rejects.toMatchObject({ code: 'unreadable' });
});

test('tells a server without Berth, and a login that is over, from one that does not answer', async () => {
  standIn = await standInUp('one');
  const client = new BerthClient(sendTo(standIn), noPause);
  for (const [status, code] of [
    [404, 'not-installed'],
    [401, 'logged-out'],
    [403, 'logged-out'],
  ] as const) {
    standIn.stumble(1, status);
    await expect(client.call('profiles')).rejects.toMatchObject({ code, retryable: false });
    standIn.stumble(1, status);
    await expect(client.events(undefined, new AbortController().signal)).rejects.toMatchObject({ code });
  }
  const page = new Response('<form>', { headers: { 'Content-Type': 'text/html' } });
  const found = Object.defineProperty(page, 'redirected', { value: true });
  const hub = new BerthClient(() => Promise.resolve(found));
  await expect(hub.call('profiles')).rejects.toMatchObject({ code: 'logged-out' });
});
