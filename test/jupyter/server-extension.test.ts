/** The server extension in a real Jupyter: it keeps the user server running, hides its restarts, and leaves nothing behind. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openServerPlace } from '../../spawner/src/launch/server-place.ts';
import { identify } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import { berthInJupyter, type BerthInJupyter, type BerthInJupyterOptions } from './berth-in-jupyter.ts';

const open: BerthInJupyter[] = [];
const up = async (options?: BerthInJupyterOptions): Promise<BerthInJupyter> => {
  const one = await berthInJupyter(options);
  open.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.down()));
});

/** How the user server runs now: its pid and directory. */
async function running(berth: BerthInJupyter, times = 1): Promise<{ pid: number; directory: string }> {
  expect(await until(async () => (await berth.starts()).length >= times, 10_000)).toBe(true);
  const { started: pid = 0, directory = '' } = (await berth.starts()).at(-1) ?? {};
  expect(await until(() => existsSync(join(directory, 'http.sock')), 10_000)).toBe(true);
  return { pid, directory };
}
const gone = (pid: number, ms = 2000): Promise<boolean> => until(() => identify(pid) === null, ms);

test('the first request waits until the server listens; its directory is private, its environment without tokens', async () => {
  const berth = await up({ env: { JPY_API_TOKEN: 'secret-of-the-hub', XDG_RUNTIME_DIR: '/nowhere' } });
  expect((await berth.lab.fetch('berth/v1/status')).status).toBe(200);
  const [start] = await berth.starts();
  const { directory = '', env = {} } = start ?? {};
  expect(directory).toMatch(/^\/tmp\/berth-[0-9a-f]{32}$/);
  const { mode, uid } = lstatSync(directory);
  expect([mode & 0o7777, uid]).toEqual([0o700, berth.users.alice.uid]);
  expect(env).toMatchObject({ BERTH_SERVER: directory, BERTH_SERVER_PARENT: String(berth.lab.pid) });
  expect(JSON.stringify(env)).not.toContain(berth.lab.token);
  expect(JSON.stringify(env)).not.toContain('secret-of-the-hub');
}, 60_000);

test('kill -9 of the server: no request fails, those that wait are answered by the next one', async () => {
  const berth = await up();
  for (const times of [1, 2]) {
    const { pid } = await running(berth, times);
    process.kill(pid, 'SIGKILL');
    const paths = ['status', 'kernels', 'scan', 'profiles', 'launches'].map((name) => `berth/v1/${name}`);
    const statuses = await Promise.all(paths.map(async (path) => (await berth.lab.fetch(path)).status));
    const posted = await berth.lab.fetch('berth/v1/scan', { method: 'POST', body: '{"a":1}' });
    expect([...statuses, posted.status]).toEqual([200, 200, 200, 200, 200, 200]);
  }
  expect((await berth.seen()).filter(({ method }) => method === 'POST')).toMatchObject([
    { body: '{"a":1}' },
    { body: '{"a":1}' },
  ]);
}, 60_000);

test('a request that kills the server is tried twice, not for ever; half an answer is not passed as a whole one', async () => {
  const berth = await up();
  const died = await berth.lab.fetch('berth/v1/launches/dies');
  expect([died.status, await died.json()]).toMatchObject([503, { type: 'urn:berth:failure:server-away' }]);
  expect((await berth.seen()).filter(({ url }) => url.endsWith('dies'))).toHaveLength(2);
  await expect(berth.lab.fetch('berth/v1/launches/half').then((half) => half.text())).rejects.toThrow();
}, 60_000);

test('events pass at once whatever Accept says; the server sees when the page has gone; a new page resumes', async () => {
  const berth = await up();
  const stop = new AbortController();
  const { body, headers } = await berth.lab.fetch('berth/v1/events', {
    headers: { 'last-event-id': 'i-7' },
    signal: stop.signal,
  });
  expect(headers.get('content-type')).toBe('text/event-stream');
  const { value } = await (body as ReadableStream<Uint8Array>).getReader().read();
  expect(Buffer.from(value as Uint8Array).toString()).toBe('id: 1\ndata: {}\n\n');
  expect((await berth.seen())[0]?.headers).toMatchObject({ 'last-event-id': 'i-7' });
  stop.abort();
  expect(await until(async () => (await berth.closed()).length === 1, 2000)).toBe(true);
}, 60_000);

test('kill -9 of Jupyter: the server goes within 2 s, and the next Jupyter sweeps what is left; of live ones nothing', async () => {
  const [first, other] = [await up(), await up()];
  const { pid, directory } = await running(first);
  const { directory: others } = await running(other);
  process.kill(first.lab.pid, 'SIGKILL');
  expect(await gone(pid)).toBe(true);
  expect(existsSync(join(directory, 'http.sock'))).toBe(false);
  expect(existsSync(directory)).toBe(true);
  await running(await up());
  expect(existsSync(directory)).toBe(false);
  expect(readdirSync(others)).toEqual(['http.sock']);
  expect((await other.lab.fetch('berth/v1/status')).status).toBe(200);
}, 60_000);

test('without the lifeline, a server that does not look at its input, it would live on', async () => {
  const berth = await up({ kind: 'deaf' });
  const { pid } = await running(berth);
  try {
    process.kill(berth.lab.pid, 'SIGKILL');
    expect(await until(() => identify(berth.lab.pid) === null, 2000)).toBe(true);
    expect(await gone(pid)).toBe(false);
  } finally {
    process.kill(pid, 'SIGKILL');
  }
}, 60_000);

test.each(['serve', 'deaf'] as const)(
  'SIGTERM of Jupyter leaves nothing, of a server that is %s',
  async (kind) => {
    const berth = await up({ kind });
    const { pid, directory } = await running(berth);
    const { lab } = berth;
    await lab.down();
    expect(identify(pid)).toBeNull();
    expect(existsSync(directory)).toBe(false);
  },
  60_000,
);

test('a server that cannot run: words instead of a wait, longer and longer pauses, Jupyter unharmed', async () => {
  const berth = await up({ kind: 'broken' });
  // 0.2 + 0.4 s, and each start
  expect(await until(async () => (await berth.starts()).length >= 3, 10_000)).toBe(true);
  const asked = await berth.lab.fetch('berth/v1/status');
  expect([asked.status, asked.headers.get('content-type'), await asked.json()]).toMatchObject([
    503,
    'application/problem+json',
    {
      type: 'urn:berth:failure:server-away',
      detail: expect.stringContaining('ended with status 78 (the stand-in is broken') as unknown,
      retryable: true,
    },
  ]);
  expect((await berth.lab.fetch('api/status')).status).toBe(200);
  // T34: one line each, nothing for the terminal to obey
  expect(berth.lab.log).toContain('berth: the stand-in is broken  [31mred why="a test\\nwants it"');
  const long = berth.lab.log.split('\n').filter((line) => line.includes('xxxx'));
  expect(long.length).toBeLessThanOrEqual((await berth.starts()).length);
  expect(Math.max(...long.map(({ length }) => length))).toBeLessThan(1100);
  const pauses = [...berth.lab.log.matchAll(/starting it again in ([\d.]+) s/g)].map(([, s]) => Number(s));
  expect(pauses.slice(0, 3)).toEqual([0.2, 0.4, 0.8]);
}, 60_000);

test('a command that is not there is told the same way', async () => {
  const berth = await up({ command: ['/nowhere/berth'] });
  const asked = await berth.lab.fetch('berth/v1/status');
  expect(asked.status).toBe(503);
  expect(await asked.text()).toContain('cannot be started');
}, 60_000);

test('a directory that was removed under a living server is made anew, where launchers that live look for it', async () => {
  const berth = await up();
  const { pid, directory } = await running(berth);
  rmSync(directory, { recursive: true });
  expect((await berth.lab.fetch('berth/v1/status')).status).toBe(200);
  expect(await gone(pid)).toBe(true);
  expect((await running(berth, 2)).directory).toBe(directory);
  expect(lstatSync(directory).mode & 0o7777).toBe(0o700);
}, 60_000);

test('where somebody else has taken its name, another is made', async () => {
  const berth = await up();
  const { pid, directory } = await running(berth);
  rmSync(directory, { recursive: true });
  mkdirSync(directory, { mode: 0o777 });
  try {
    expect((await berth.lab.fetch('berth/v1/status')).status).toBe(200);
    expect(await gone(pid)).toBe(true);
    expect((await running(berth, 2)).directory).not.toBe(directory);
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 60_000);

/** Python that breaks locks as NFS, or Lustre without flock, does: in directories of which `which` is true. */
const brokenLocks = (which: string): string => `
import fcntl, os
whole = fcntl.flock
def flock(descriptor, how):
    path = os.readlink(f"/proc/self/fd/{getattr(descriptor, 'fileno', lambda: descriptor)()}")
    if "/berth-" in path and (${which}):
        raise OSError(9, "Bad file descriptor")
    return whole(descriptor, how)
fcntl.flock = flock
`;
/** A kernelspec whose kernel does nothing but tell what a launcher would find in its environment. */
async function launcherSees(berth: BerthInJupyter, data: string): Promise<(string | undefined)[]> {
  const seen = join(data, 'seen');
  const started = await berth.lab.fetch('api/kernels', { method: 'POST', body: '{"name":"tells"}' });
  expect(started.status).toBe(201);
  expect(await until(() => existsSync(seen) && readFileSync(seen, 'utf8').endsWith('\n'), 10_000)).toBe(true);
  const [server, parent] = readFileSync(seen, 'utf8')
    .split(' ')
    .map((word) => word.trim());
  return [server, parent];
}
function kernelThatTells(): string {
  const data = mkdtempSync('/tmp/tells-');
  const spec = join(data, 'kernels/tells');
  mkdirSync(spec, { recursive: true });
  const argv = ['/bin/sh', '-c', `echo "$BERTH_SERVER $BERTH_SERVER_PARENT" > ${data}/seen; exec sleep 60`];
  writeFileSync(join(spec, 'kernel.json'), JSON.stringify({ argv, display_name: 'tells', language: 'none' }));
  for (const path of [data, join(data, 'kernels'), spec]) chmodSync(path, path === data ? 0o777 : 0o755);
  return data;
}

test('a directory that cannot be locked: the next base is taken, and nothing stays behind', async () => {
  const base = mkdtempSync('/tmp/nfs-');
  chmodSync(base, 0o1733);
  try {
    const berth = await up({
      env: { XDG_RUNTIME_DIR: '/nowhere', TMPDIR: base },
      modules: { sitecustomize: brokenLocks(`path.startswith("${base}")`) },
    });
    expect((await running(berth)).directory).toMatch(/^\/tmp\/berth-[0-9a-f]{32}$/);
    expect(readdirSync(base).filter((name) => name.startsWith('berth-'))).toEqual([]);
  } finally {
    rmSync(base, { recursive: true });
  }
}, 60_000);

test('no directory at all: pages are told why, and launchers look for a server that cannot be, not for that of an outer Jupyter', async () => {
  const data = kernelThatTells();
  try {
    const berth = await up({
      env: { JUPYTER_PATH: data, BERTH_SERVER: '/tmp/of-an-outer-jupyter', BERTH_SERVER_PARENT: '1' },
      modules: { sitecustomize: brokenLocks('True') },
    });
    expect(await launcherSees(berth, data)).toEqual(['/dev/null', String(berth.lab.pid)]);
    expect(openServerPlace('/dev/null', berth.users.alice.uid)).toMatchObject({ kind: 'untrusted' });
    const asked = await berth.lab.fetch('berth/v1/status');
    expect([asked.status, await asked.text()]).toEqual([
      503,
      expect.stringContaining('no place for its sockets'),
    ]);
    expect(await berth.starts()).toEqual([]);
  } finally {
    rmSync(data, { recursive: true });
  }
}, 60_000);

test('without the first words of the extension launchers would find nobody to ask', async () => {
  const data = kernelThatTells();
  const from =
    '    os.environ["BERTH_SERVER_PARENT"] = str(os.getpid())\n    os.environ["BERTH_SERVER"] = NO_SERVER\n';
  try {
    const berth = await up({
      env: { JUPYTER_PATH: data },
      removed: [{ file: '__init__.py', from, to: '' }],
    });
    expect((await launcherSees(berth, data))[1]).toBe('');
  } finally {
    rmSync(data, { recursive: true });
  }
}, 60_000);

test('what a person does keeps an idle server from being culled; what only looks does not', async () => {
  const berth = await up();
  const activity = async (): Promise<number> => {
    const answer = await berth.lab.fetch('api/status?no_track_activity=1');
    return Date.parse(((await answer.json()) as { last_activity: string }).last_activity);
  };
  await running(berth);
  const before = await activity();
  await berth.lab.fetch('berth/v1/kernels');
  expect(await activity()).toBe(before);
  await berth.lab.fetch('berth/v1/scan', { method: 'POST' });
  expect(await activity()).toBeGreaterThan(before);
}, 60_000);

test("the site's own rules of who may do what are asked: here, everybody may look and nobody may act", async () => {
  const modules = {
    onlookers: `from jupyter_server.auth import Authorizer
class Onlookers(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return action == "read" or resource != "berth"
`,
  };
  const berth = await up({ modules, config: { authorizer_class: 'onlookers.Onlookers' } });
  expect((await berth.lab.fetch('berth/v1/kernels')).status).toBe(200);
  expect((await berth.lab.fetch('berth/v1/scan', { method: 'POST' })).status).toBe(403);
  expect(await berth.seen()).toHaveLength(1);
}, 60_000);
