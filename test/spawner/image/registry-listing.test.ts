import { afterEach, expect, test } from '@jest/globals';
import { Limits, RegistrySource } from '@berth/schema';
import { openRegistry } from '@berth/spawner/image';
import { reply, scriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.close()))));

interface Listed {
  readonly names: readonly string[];
  readonly notices: readonly string[];
  readonly seen: readonly string[];
}

async function list(
  script: Script,
  config: object = {},
  limits: object = {},
  waits: number[] = [],
): Promise<Listed> {
  const server = await scriptedServer(script);
  servers.push(server);
  const notices: string[] = [];
  const source = openRegistry('lab', RegistrySource.parse({ type: 'registry', url: server.url, ...config }), {
    limits: Limits.parse(limits),
    waits,
    onNotice: (text) => void notices.push(text),
  });
  const names: string[] = [];
  for await (const { repository, tag } of source.tags()) names.push(`${repository}:${tag}`);
  return { names, notices, seen: server.seen };
}

const json = (answer: Parameters<Script>[1], value: unknown, headers = {}): void =>
  reply(answer, 200, headers, JSON.stringify(value));

/** Repositories a, b, c on a page each; one tag each but `gone`. */
const paged: Script = (request, answer) => {
  const url = new URL(request.url ?? '', 'http://x');
  if (url.pathname !== '/v2/_catalog') {
    const name = url.pathname.split('/')[2];
    return name === 'gone' ? reply(answer, 404) : json(answer, { name, tags: ['2', '1', '2'] });
  }
  const pages = [['a', 'gone'], ['b', 'UPPER', '../x'], ['c']];
  const page = Number(url.searchParams.get('page') ?? 0);
  const headers = page < 2 ? { link: `</v2/_catalog?page=${page + 1}>; rel="next"` } : {};
  json(answer, { repositories: pages[page] }, headers);
};

test('pages are followed; what is gone, malformed or doubled is passed over', async () => {
  const { names, notices } = await list(paged);
  expect(names).toEqual(['a:2', 'a:1', 'b:2', 'b:1', 'c:2', 'c:1']);
  expect(notices).toEqual(['2 malformed names were passed over']);
});

test('patterns, tags and the cap of tags choose', async () => {
  expect((await list(paged, { repositories: ['a', '*c*'], tags: ['1'] })).names).toEqual(['a:1', 'c:1']);
  const { names, notices } = await list(paged, { repositories: ['a'], maxTags: 1 });
  expect(names).toEqual(['a:2']);
  expect(notices).toEqual(['a: list truncated at 1 tags']);
});

test('a configured list never asks for the catalog', async () => {
  for (const config of [{ repositories: ['b'] }, { repositories: ['b', 'x*'], catalog: 'list' }]) {
    const { names, seen } = await list(paged, config);
    expect(names).toEqual(['b:2', 'b:1']);
    expect(seen.filter((line) => line.includes('_catalog'))).toEqual([]);
  }
});

test('a registry that does not list: what is named is offered, nothing named is a failure', async () => {
  const shut: Script = (request, answer) =>
    request.url?.includes('_catalog') ? reply(answer, 403) : paged(request, answer);
  expect((await list(shut, { repositories: ['a', 'z*'] })).names).toEqual(['a:2', 'a:1']);
  await expect(list(shut)).rejects.toMatchObject({ code: 'source-denied' });
});

const catalogOnly =
  (link: (page: number) => string): Script =>
  (request, answer) => {
    const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 0);
    if (!request.url?.includes('_catalog')) return json(answer, { tags: [] });
    json(answer, { repositories: [`r${page}`] }, { link: link(page) });
  };

test('T19: a next page on another host is not asked for', async () => {
  const other = catalogOnly(() => '<http://127.0.0.1:1/v2/_catalog?page=1>; rel="next"');
  await expect(list(other)).rejects.toMatchObject({ code: 'address-forbidden' });
});

test('T19: pages in a circle are found', async () => {
  const circle = catalogOnly((page) => `</v2/_catalog?page=${page === 0 ? 1 : 1}>; rel="next"`);
  await expect(list(circle)).rejects.toMatchObject({ code: 'source-protocol' });
});

test('T19: pages without end are cut, with a notice', async () => {
  const endless = catalogOnly((page) => `</v2/_catalog?page=${page + 1}>; rel="next"`);
  const { notices, seen } = await list(endless, {}, { listPages: 5 });
  expect(seen.filter((line) => line.includes('_catalog'))).toHaveLength(5);
  expect(notices).toEqual(['list truncated at 5 pages']);
  expect((await list(endless, {}, { listNames: 3 })).notices[0]).toMatch(/truncated/);
});

test('T20: a page too large or too deep is refused', async () => {
  const large: Script = (_, answer) => json(answer, { repositories: ['x'.repeat(5000)] });
  await expect(list(large, {}, { manifestBytes: 1000 })).rejects.toMatchObject({ code: 'limit-exceeded' });
  const deep: Script = (_, answer) => reply(answer, 200, {}, '['.repeat(100_000));
  await expect(list(deep)).rejects.toMatchObject({ code: 'limit-exceeded' });
});

test('F6: busy answers are tried again, after the time the server asks for', async () => {
  let asked = 0;
  const busy: Script = (request, answer) => {
    asked += 1;
    if (asked === 1) reply(answer, 503);
    else if (asked === 2) reply(answer, 429, { 'retry-after': '0' });
    else paged(request, answer);
  };
  expect((await list(busy, { repositories: ['a'] }, {}, [1, 1])).names).toEqual(['a:2', 'a:1']);
  const long: Script = (_, answer) => reply(answer, 429, { 'retry-after': '86400' });
  await expect(list(long, { repositories: ['a'] }, {}, [1, 1])).rejects.toMatchObject({
    code: 'source-unreachable',
  });
});

test('a connection that breaks inside a page is a failure of the source, not a bare error', async () => {
  const cut: Script = (_request, answer) => {
    answer.writeHead(200, { 'content-length': '1000' });
    answer.write('{"repositories":[', () => answer.destroy());
  };
  await expect(list(cut)).rejects.toMatchObject({ code: 'source-unreachable' });
});

test('a token service that is down is asked again, and is no denial', async () => {
  const down = (times: number): Script => {
    let asked = 0;
    return (request, answer) => {
      if (request.url?.startsWith('/token') === true) {
        asked += 1;
        return asked > times ? json(answer, { token: 'let-me-in' }) : reply(answer, 503);
      }
      if (request.headers.authorization !== undefined) return paged(request, answer);
      return reply(answer, 401, { 'www-authenticate': 'Bearer realm="/token",service="x"' });
    };
  };
  const repositories = ['a'];
  expect((await list(down(1), { repositories }, {}, [1])).names).toEqual(['a:2', 'a:1']);
  await expect(list(down(9), { repositories }, {}, [1])).rejects.toMatchObject({
    code: 'source-unreachable',
  });
});

test('a repository that is closed to us is passed over and said; the list counts as incomplete', async () => {
  const server = await scriptedServer((request, answer) =>
    request.url?.startsWith('/v2/b/') ? reply(answer, 403) : paged(request, answer),
  );
  servers.push(server);
  const told: [string, boolean][] = [];
  const source = openRegistry('lab', RegistrySource.parse({ type: 'registry', url: server.url }), {
    waits: [],
    onNotice: (text, incomplete) => void told.push([text, incomplete]),
  });
  const names: string[] = [];
  for await (const { repository, tag } of source.tags()) names.push(`${repository}:${tag}`);
  expect(names).toEqual(['a:2', 'a:1', 'c:2', 'c:1']);
  expect(told).toContainEqual([expect.stringMatching(/^b was passed over/), true]);
  expect(told).toContainEqual(['2 malformed names were passed over', false]);
});

test('a token challenge that names no service gets no password', async () => {
  const asked: string[] = [];
  const server = await scriptedServer((request, answer) => {
    asked.push(String(request.headers.authorization));
    reply(answer, 401, { 'www-authenticate': 'Bearer service="x"' });
  });
  servers.push(server);
  const source = openRegistry('lab', RegistrySource.parse({ type: 'registry', url: server.url }), {
    waits: [],
    credentials: async () => ({ kind: 'password', username: 'me', password: 'canary' }),
  });
  await expect(source.tags()[Symbol.asyncIterator]().next()).rejects.toThrow(/refused access/);
  // the list, and whether it is a registry at all
  expect(asked).toEqual(['undefined', 'undefined']);
});

test('a name, pattern or tag in the configuration that fits nothing is told', async () => {
  const config = { repositories: ['gone', 'nosuch/*', '*c'], tags: ['1', '2026'] };
  const { names, notices } = await list(paged, config);
  expect(names).toEqual(['c:1']);
  expect(notices).toEqual([
    '2 malformed names were passed over',
    'nothing fits "nosuch/*" (the registry lists 4 repositories)',
    'there is no repository "gone"',
    'no repository that is offered has the tag "2026"',
  ]);
});
