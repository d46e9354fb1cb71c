import net from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { RegistrySource, Repository, Tag } from '@berth/schema';
import { openRegistry } from '@berth/spawner/image';
import { reply, scriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

const repository = Repository.parse('lab/x');
const tag = Tag.parse('1');
const servers: ScriptedServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close()))));

async function start(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  servers.push(server);
  return server;
}

/** Names and ports that somebody tried to reach. Only `real` is dialled, everything else just recorded. */
function recorder(real: URL | undefined, addresses: Readonly<Record<string, readonly string[]>> = {}) {
  const dialled: string[] = [];
  return {
    dialled,
    resolveAddress: async (host: string) => addresses[host] ?? [],
    dial: ({ host, port }: { host: string; port: number }) => {
      if (real?.host === `${host}:${port}`) return net.connect(port, host);
      dialled.push(`${host}:${port}`);
      return new net.Socket().destroy(new Error('not dialled'));
    },
  };
}

const challenge = (realm: string) => ({
  'www-authenticate': `Bearer realm="${realm}",service="s",scope="repository:other:push"`,
});
const credentials = async () => ({ kind: 'password' as const, username: 'alice', password: 'canary' });
const waits: number[] = [];

test.each([
  ['the metadata service', 'http://169.254.169.254/latest/meta-data'],
  ['a daemon of this host', 'http://127.0.0.1:6817/'],
  ['a file', 'file:///etc/passwd'],
  ['https on loopback', 'https://127.0.0.1/token'],
  ['a number that is loopback', 'https://2130706433/token'],
  ['IPv6 loopback', 'https://[::1]/token'],
  ['mapped loopback', 'https://[::ffff:127.0.0.1]/token'],
  ['a private net', 'https://10.0.0.1/token'],
  ['a name that leads to loopback', 'https://loop.example/token'],
  ['a name that leads to both', 'https://both.example/token'],
])('T17: a realm at %s is neither dialled nor given credentials', async (_, realm) => {
  const server = await start((_request, answer) => reply(answer, 401, challenge(realm)));
  const names = { 'loop.example': ['127.0.0.1'], 'both.example': ['8.8.8.8', '10.0.0.1'] };
  const { dialled, ...network } = recorder(new URL(server.url), names);
  const config = RegistrySource.parse({ type: 'registry', url: server.url });
  const source = openRegistry('lab', config, { credentials, waits, ...network });
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code: 'address-forbidden' });
  expect(server.seen).toHaveLength(1);
  expect(dialled).toEqual([]);
});

test.each([
  ['a public address', 'https://auth.example/token', []],
  ['what the administrator allows', 'https://inner.example/token', ['inner.example']],
])('T17, control: a realm at %s is dialled', async (_, realm, allowHosts) => {
  const server = await start((_request, answer) => reply(answer, 401, challenge(realm)));
  const names = { 'auth.example': ['8.8.8.8'], 'inner.example': ['10.0.0.9'] };
  const { dialled, ...network } = recorder(new URL(server.url), names);
  const config = RegistrySource.parse({ type: 'registry', url: server.url, allowHosts });
  const source = openRegistry('lab', config, { credentials, waits, ...network });
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code: 'source-unreachable' });
  expect(dialled).toEqual([`${new URL(realm).hostname}:443`]);
});

test('a realm at the same host and port gets the credentials, and our own scope', async () => {
  const given: (string | undefined)[] = [];
  const server = await start((request, answer) => {
    if (request.url?.startsWith('/token')) {
      given.push(request.headers.authorization);
      expect(new URL(request.url, 'http://x').searchParams.get('scope')).toBe('repository:lab/x:pull');
      reply(answer, 200, {}, JSON.stringify({ token: 'T0' }));
    } else if (request.headers.authorization === 'Bearer T0') reply(answer, 404);
    else reply(answer, 401, challenge('/token'));
  });
  const source = openRegistry('lab', RegistrySource.parse({ type: 'registry', url: server.url }), {
    credentials,
    waits,
  });
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code: 'image-missing' });
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code: 'image-missing' });
  expect(given).toEqual([`Basic ${Buffer.from('alice:canary').toString('base64')}`]);
  expect(server.seen.filter((line) => line !== 'GET /v2/')).toHaveLength(4);
});

const basic: Script = (request, answer) => {
  if (request.headers.authorization === undefined)
    reply(answer, 401, { 'www-authenticate': 'Basic realm="x"' });
};

test.each([
  ['allowed', true],
  ['not allowed', false],
])('T18: a redirect to another port, %s: Authorization does not go along', async (_, allowed) => {
  const given: (string | undefined)[] = [];
  const other = await start((request, answer) => {
    given.push(request.headers.authorization);
    reply(answer, 404);
  });
  const server = await start((request, answer) => {
    basic(request, answer);
    if (request.headers.authorization !== undefined) reply(answer, 302, { location: `${other.url}/blob` });
  });
  const allowHosts = allowed ? [new URL(other.url).host] : [];
  const config = RegistrySource.parse({ type: 'registry', url: server.url, allowHosts });
  const source = openRegistry('lab', config, { credentials, waits });
  const code = allowed ? 'image-missing' : 'address-forbidden';
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code });
  expect(given).toEqual(allowed ? [undefined] : []);
});

test('T18, control: on the same host and port Authorization stays', async () => {
  const given: (string | undefined)[] = [];
  const server = await start((request, answer) => {
    if (request.url === '/there') {
      given.push(request.headers.authorization);
      return reply(answer, 404);
    }
    basic(request, answer);
    if (request.headers.authorization !== undefined) reply(answer, 307, { location: '/there' });
  });
  const source = openRegistry('lab', RegistrySource.parse({ type: 'registry', url: server.url }), {
    credentials,
    waits,
  });
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code: 'image-missing' });
  expect(given).toEqual([expect.stringMatching(/^Basic /)]);
});

test('T18: redirects in a circle end after five', async () => {
  const server = await start((_, answer) => reply(answer, 302, { location: '/again' }));
  const source = openRegistry('lab', RegistrySource.parse({ type: 'registry', url: server.url }), { waits });
  await expect(source.resolve(repository, tag)).rejects.toMatchObject({ code: 'source-protocol' });
  expect(server.seen).toHaveLength(6);
});
