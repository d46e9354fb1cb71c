import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { siteUp, type Site } from '../live/site.ts';
import { identify } from '../cluster/process-identity.ts';
import { labUp, type Lab, type LabOptions } from './lab-server.ts';

let site: Site;
beforeAll(async () => {
  site = await siteUp({ nodes: 1, people: ['alice', 'bob'] });
}, 180_000);
afterAll(() => site?.down(), 60_000);

const labs: Lab[] = [];
const up = async (options: LabOptions): Promise<Lab> => {
  const lab = await labUp(options);
  labs.push(lab);
  return lab;
};
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.down()));
});

test('alice has a Lab of her own with her kernels, and down() leaves nothing', async () => {
  const lab = await up({ user: site.person('alice'), files: { 'hello.txt': 'hello' } });
  const page = await fetch(lab.openUrl);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('"exposeAppInBrowser": true');
  const specs = (await (await lab.fetch('api/kernelspecs')).json()) as { kernelspecs: object };
  expect(Object.keys(specs.kernelspecs)).toContain(await site.kernel('venv-python'));
  const { content } = (await (await lab.fetch('api/contents/hello.txt')).json()) as { content: string };
  expect(content).toBe('hello');
  await lab.down();
  await lab.down();
  expect(identify(lab.pid)).toBeNull();
  expect(existsSync(lab.notebooks)).toBe(false);
}, 60_000);

test('without a token nothing is told, and a cookie alone may change nothing', async () => {
  const lab = await up({ user: site.person('alice'), baseUrl: '/elsewhere/' });
  expect(new URL(lab.url).pathname).toBe('/elsewhere/');
  expect((await fetch(`${lab.url}api/contents`)).status).toBe(403);
  const login = await fetch(lab.openUrl, { redirect: 'manual' });
  const cookies = login.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  const headers = { cookie: cookies.join('; ') };
  expect((await fetch(`${lab.url}api/contents`, { headers })).status).toBe(200);
  const made = await fetch(`${lab.url}api/contents`, { method: 'POST', headers, body: '{}' });
  expect(made.status).toBe(403);
  const xsrf = /_xsrf=([^;]*)/.exec(headers.cookie)?.[1] ?? '';
  const allowed = await fetch(`${lab.url}api/contents`, {
    method: 'POST',
    headers: { ...headers, 'X-XSRFToken': xsrf },
    body: '{}',
  });
  expect(allowed.status).toBe(201);
}, 60_000);

test('configuration and environment are passed on; two people at once', async () => {
  const [alices, bobs] = await Promise.all([
    up({ user: site.person('alice'), config: { ServerApp: { max_body_size: 1234 } } }),
    up({ user: site.person('bob'), env: { BERTH_TEST_WORD: 'yes' } }),
  ]);
  const answer = await alices
    .fetch('api/contents', { method: 'POST', body: 'x'.repeat(2000) })
    .catch(() => null);
  expect(answer?.status ?? 0).not.toBe(201);
  expect((await bobs.fetch('api/contents')).status).toBe(200);
  expect(bobs.url).not.toBe(alices.url);
}, 60_000);

test('a Lab that cannot start says why, and leaves nothing', async () => {
  const start = labUp({ user: site.person('alice'), options: ['--ServerApp.port=nonsense'] });
  await expect(start).rejects.toThrow(/does not answer[^]*nonsense/);
}, 60_000);
