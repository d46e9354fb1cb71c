/** The way from a session of a real Jupyter server to the board: which notebook, which kernel, which answer. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { LaunchList, LaunchStory } from '@berth/schema/rest';
import { until } from '../cluster/until.ts';
import { berthInJupyter, type BerthInJupyter } from '../jupyter/berth-in-jupyter.ts';
import { ask, execute, type JupyterAddress } from '../jupyter/rest-client.ts';
import { SMALL } from './asking-site.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(90_000);

let site: Site;
let berth: BerthInJupyter;
let jupyter: JupyterAddress;
let python: string;
beforeAll(async () => {
  site = await siteUp({ nodes: 1 });
  python = await site.kernel('venv-python');
  const { env, area } = site.person('alice');
  berth = await berthInJupyter({
    command: [site.berth],
    env: { ...env, XDG_STATE_HOME: `${area}/state` },
  });
  jupyter = { url: berth.lab.url.replace(/\/$/, ''), token: berth.lab.token };
  await ask(jupyter, 'PUT', '/api/contents/d%C3%A4ta', { type: 'directory' });
}, 180_000);
afterAll(async () => {
  await berth?.down();
  await site?.down();
}, 60_000);

interface Session {
  readonly id: string;
  readonly kernel: { readonly id: string };
}
const begin = async (path: string, name: string, type: 'notebook' | 'console'): Promise<Session> =>
  (await ask(jupyter, 'POST', '/api/sessions', { path, name, type, kernel: { name: python } })) as Session;
async function launchOf(kernelId: string, state: LaunchStory['launch']['state']): Promise<LaunchStory> {
  let seen: LaunchList | undefined;
  let found: LaunchStory | undefined;
  const there = await until(async () => {
    seen = (await ask(jupyter, 'GET', '/berth/v1/launches')) as LaunchList;
    found = seen.launches.find((story) => story.kernelId === kernelId && story.launch.state === state);
    return found !== undefined;
  }, 20_000);
  if (!there) throw new Error(`${JSON.stringify(seen)}\n${berth.lab.log}`);
  return found as LaunchStory;
}
const agree = (path: string): Promise<unknown> =>
  ask(jupyter, 'PUT', '/berth/v1/wishes', { path, kernel: python, resources: SMALL });

test('a notebook is named as the contents API names it; agreed through Jupyter, it runs; so does its restart', async () => {
  const content = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  await ask(jupyter, 'PUT', '/api/contents/d%C3%A4ta/a%20b.ipynb', { type: 'notebook', content });
  const { kernel } = await begin('däta/a b.ipynb', 'a b.ipynb', 'notebook');
  expect(await launchOf(kernel.id, 'asking')).toMatchObject({ path: 'däta/a b.ipynb', kernel: python });
  expect((await site.run(['squeue', '--noheader', '--me'])).stdout).toBe('');
  await agree('däta/a b.ipynb');
  expect(await execute(jupyter, kernel.id, 'print(6 * 7)', () => berth.lab.log)).toBe('42\n');
  const { id } = await launchOf(kernel.id, 'ready');
  await ask(jupyter, 'POST', `/api/kernels/${kernel.id}/restart`);
  expect(await execute(jupyter, kernel.id, 'print(6 * 7)', () => berth.lab.log)).toBe('42\n');
  expect((await launchOf(kernel.id, 'ready')).id).not.toBe(id);

  // ended from outside: Jupyter's own restarter starts nothing again
  const jobs = async (): Promise<string> =>
    (await site.run(['squeue', '--noheader', '--states=all', '--me', '--format=%A', '--sort=i'])).stdout;
  const before = await jobs();
  await site.run(['scancel', '--me']);
  expect((await launchOf(kernel.id, 'ended')).launch).toMatchObject({ outcome: { kind: 'cancelled' } });
  const refused = (): boolean => berth.lab.log.includes('Not started again by itself.');
  expect(await until(refused, 20_000)).toBe(true);
  expect(await jobs()).toBe(before);
});

test('a console has no notebook; it is asked by its kernel', async () => {
  const { kernel } = await begin('console-1-0123', 'Console 1', 'console');
  const { id, path } = await launchOf(kernel.id, 'asking');
  expect(path).toBe('');
  const answer = { start: true, resources: SMALL };
  const { status } = await berth.lab.fetch(`berth/v1/launches/${id}/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answer),
  });
  expect(status).toBe(204);
  expect(await execute(jupyter, kernel.id, 'print(6 * 7)', () => berth.lab.log)).toBe('42\n');
});
