/** `berth serve` as the Jupyter server extension runs it: a process, a pipe and a socket. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LaunchList, ServerStatus } from '@berth/schema/rest';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerLink } from '../../../../spawner/src/launch/server-link.ts';
import { until } from '../../../cluster/until.ts';

const MAIN = join(import.meta.dirname, '../../../../server/src/cli/main.ts');

let directory = '';
const started: ChildProcessWithoutNullStreams[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-s-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

function serve(before: readonly string[] = []): {
  child: ChildProcessWithoutNullStreams;
  ended: Promise<number | null>;
  told: () => string;
} {
  const [command = '', ...args] = [...before, process.execPath, '--conditions=berth-source', MAIN];
  const child = spawn(command, [...args, 'serve', '--directory', directory], {
    env: { PATH: process.env['PATH'], HOME: join(directory, 'home'), BERTH_BIN: '/opt/berth/bin/berth' },
  });
  started.push(child);
  let text = '';
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, told: () => text };
}

async function ready({ child, told }: ReturnType<typeof serve>): Promise<void> {
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  const gone = once(child, 'close').then(() => {
    throw new Error(told());
  });
  gone.catch(() => undefined);
  while (!text.includes('\n')) await Promise.race([once(child.stdout, 'data'), gone]);
  expect(text).toBe('ready\n');
}

const ask = (path: string): Promise<{ status: number; body: unknown }> =>
  new Promise((resolve, reject) => {
    request({ socketPath: join(directory, 'http.sock'), path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    })
      .on('error', reject)
      .end();
  });

test('ready when both sockets listen, without a configuration too; ends with its standard input, and removes them', async () => {
  const one = serve();
  await ready(one);
  expect((await readdir(directory)).filter((name) => name.endsWith('.sock')).sort()).toEqual([
    'http.sock',
    'launch.sock',
  ]);
  for (const name of ['http.sock', 'launch.sock'])
    expect((await lstat(join(directory, name))).mode & 0o777).toBe(0o600);
  const { body } = await ask('/v1/status');
  expect(ServerStatus.parse(body).sources).toEqual([]);
  expect(await ask('/v1/kernels')).toMatchObject({
    status: 500,
    body: { title: 'config-missing', hint: expect.stringContaining('BERTH_CONFIG') },
  });
  const events = request({ socketPath: join(directory, 'http.sock'), path: '/v1/events', agent: false });
  events.on('error', () => undefined).end();
  await once(events, 'response');
  one.child.stdin.end();
  expect(await one.ended).toBe(0);
  expect((await readdir(directory)).filter((name) => name.endsWith('.sock'))).toEqual([]);
});

test('SIGTERM ends it; after SIGKILL the next one takes the place of the dead', async () => {
  const killed = serve();
  await ready(killed);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const next = serve();
  await ready(next);
  expect(await ask('/v1/status')).toMatchObject({ status: 200 });
  const second = serve();
  expect(await second.ended).not.toBe(0);
  expect(second.told()).toMatch(/in use/);
  next.child.kill('SIGTERM');
  expect(await next.ended).toBe(0);
});

test('after SIGKILL, with launchers that have dialled in vain for a while, the first answer tells of all of them', async () => {
  const first = serve();
  await ready(first);
  const unheard = {
    asking: () => {},
    answer: () => {},
    queue: () => {},
    cancel: () => {},
    untrusted: () => {},
  };
  const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(16));
  const links = ids.map((id, at) => {
    const told = { id, kernel: 'k', displayName: 'K', path: `${id}.ipynb`, began: '2026-11-21T03:00:00Z' };
    const place = { directory, uid: process.getuid?.() ?? 0 };
    return new ServerLink(place, told, unheard, { state: 'ready', node: 'n1', pid: at + 1 });
  });
  const shown = async (): Promise<string[]> => {
    const { launches } = LaunchList.parse((await ask('/v1/launches')).body);
    return launches.map(({ id }) => id).sort();
  };
  try {
    expect(await until(async () => (await shown()).length === 3, 30_000)).toBe(true);
    first.child.kill('SIGKILL');
    await first.ended;
    await sleep(1000); // so that they wait as long as they ever do
    await ready(serve());
    expect(await shown()).toEqual(ids);
  } finally {
    await Promise.all(links.map((link) => link.end()));
  }
});

test('a directory that others may enter: a named failure and its status, no socket', async () => {
  await chmod(directory, 0o755);
  const one = serve();
  expect(await one.ended).toBe(77);
  expect(one.told()).toMatch(/^berth: The user server does not start in .*mode 755.*\nberth: .*0700/);
  expect(await readdir(directory)).toEqual([]);
});

test('more connections than descriptors: outlived, and all is well when they have gone (F20)', async () => {
  const one = serve(['prlimit', '--nofile=64:64']);
  await ready(one);
  const many = Array.from({ length: 200 }, () => connect(join(directory, 'http.sock')));
  for (const socket of many) socket.on('error', () => undefined);
  // libuv gives up its spare descriptor to take them and close them; whether Node is told depends on who was first
  await Promise.race([
    ...many.map((socket) => new Promise((resolve) => socket.on('close', resolve))),
    one.ended,
  ]);
  for (const socket of many) socket.destroy();
  let status = 0;
  while (status !== 200)
    status = await ask('/v1/status').then(
      (answer) => answer.status,
      () => 0,
    );
  one.child.stdin.end();
  expect(await one.ended).toBe(0);
});
