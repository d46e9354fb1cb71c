/** A host that is no registry is told as that, and never taken for an empty one. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { RegistrySource, type Repository, type Tag } from '@berth/schema';
import { openRegistry } from '@berth/spawner/image';
import { reply, scriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close()))));

async function opened(script: Script, config: object = {}) {
  const server = await scriptedServer(script);
  servers.push(server);
  const notices: [string, boolean][] = [];
  const place = RegistrySource.parse({ type: 'registry', url: server.url, ...config });
  const source = openRegistry('lab', place, {
    waits: [],
    onNotice: (text, incomplete) => void notices.push([text, incomplete]),
  });
  const list = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const { repository, tag } of source.tags()) names.push(`${repository}:${tag}`);
    return names;
  };
  return { source, list, notices };
}

const HTML = { 'content-type': 'text/html' };
const ERRORS = '{"errors":[{"code":"NAME_UNKNOWN"}]}';
const nothing: Script = (_, answer) => reply(answer, 404, HTML, '<h1>404</h1>');
const page: Script = (_, answer) => reply(answer, 200, HTML, '<html>JupyterLab</html>');
const program: Script = ({ url }, answer) =>
  url === '/v2/' ? reply(answer, 404) : reply(answer, 200, {}, '{"version":"2.1"}');
const login: Script = ({ url }, answer) =>
  url === '/login' ? reply(answer, 200, HTML, '<form>') : reply(answer, 302, { location: '/login' });
const shut: Script = (_, answer) => reply(answer, 401, HTML, 'who are you?');

describe('is no registry', () => {
  const configs = [{}, { repositories: ['a', 'b'] }, { repositories: ['a', 'x*'] }, { repositories: ['x*'] }];
  test.each([
    ['404 everywhere', nothing],
    ['a page everywhere', page],
    ['JSON of something else', program],
    ['a login page', login],
    ['401 without a word of how', shut],
  ])('%s', async (_, script) => {
    for (const config of configs) {
      const { list, source } = await opened(script, config);
      await expect(list()).rejects.toMatchObject({ code: 'source-not-registry' });
      if (script !== nothing) continue;
      const one = source.resolve('a' as Repository, '1' as Tag);
      await expect(one).rejects.toMatchObject({ code: 'source-not-registry' });
    }
  });

  test('one that is down just now, or forbids all, is told as that', async () => {
    const at =
      (status: number): Script =>
      ({ url }, answer) =>
        reply(answer, url === '/v2/' ? status : 404);
    for (const [status, code] of [
      [503, 'source-unreachable'],
      [403, 'source-denied'],
    ] as const)
      await expect((await opened(at(status))).list()).rejects.toMatchObject({ code });
  });
});

describe('is a registry', () => {
  const door =
    (status: number, headers = {}, body = ''): Script =>
    ({ url }, answer) =>
      url === '/v2/' ? reply(answer, status, headers, body) : reply(answer, 404, {}, ERRORS);
  test.each([
    ['{}', door(200, {}, '{}')],
    ['an empty page', door(200)],
    [
      'the header, whatever the type',
      door(200, { ...HTML, 'docker-distribution-api-version': 'registry/2.0' }, 'ok'),
    ],
    ['401 that says how', door(401, { 'www-authenticate': 'Bearer realm="/token"' })],
    ["401 with a registry's error", door(401, {}, '{"errors":[{"code":"UNAUTHORIZED"}]}')],
  ])('%s: what is named and gone is gone; without a list nothing is empty', async (_, script) => {
    expect(await (await opened(script, { repositories: ['a'] })).list()).toEqual([]);
    await expect((await opened(script)).list()).rejects.toMatchObject({ code: 'source-unlisted' });
    const some = await opened(script, { repositories: ['a', 'x*'] });
    expect(await some.list()).toEqual([]);
    expect(some.notices).toContainEqual([expect.stringMatching(/does not list its repositories/), true]);
    const one = (await opened(script)).source.resolve('a' as Repository, '1' as Tag);
    await expect(one).rejects.toMatchObject({ code: 'image-missing' });
  });

  test('a proxy that passes one repository on, and no front door', async () => {
    const { list } = await opened(
      ({ url }, answer) =>
        url?.startsWith('/v2/a/') ? reply(answer, 200, {}, '{"tags":["1"]}') : reply(answer, 404, HTML),
      { repositories: ['gone', 'a'] },
    );
    expect(await list()).toEqual(['a:1']);
  });

  test('an empty list is one', async () => {
    const { list } = await opened((_, answer) => reply(answer, 200, {}, '{"repositories":null}'));
    expect(await list()).toEqual([]);
  });

  test('a list that breaks off says so', async () => {
    const link = '</v2/_catalog?page=2>; rel="next"';
    const { list, notices } = await opened(({ url }, answer) => {
      if (url?.includes('/tags/')) reply(answer, 200, {}, '{"tags":["1"]}');
      else if (url?.includes('page=2')) reply(answer, 404);
      else reply(answer, 200, { link }, '{"repositories":["a"]}');
    });
    expect(await list()).toEqual(['a:1']);
    expect(notices).toContainEqual([expect.stringMatching(/missing/), true]);
  });
});
