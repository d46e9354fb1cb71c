/** The oldest JupyterHub that the spawner promises to serve, of packages: single-user servers are of the same. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../cluster/until.ts';
import { serversOf } from './hub-servers.ts';
import { hubSiteUp, type HubSite } from './hub-site.ts';
import { realHub, type RealHub } from './real-hub.ts';

const run = promisify(execFile);
/** what the setup of the tests has got */
const WHEELS = join(import.meta.dirname, '../../.berth/wheels');
let site: HubSite;
let hub: RealHub;
beforeAll(async () => {
  site = await hubSiteUp({ nodes: 1 });
  const target = join(site.prefix, 'hub53');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-index'];
  await run(site.python, [...pip, `--find-links=${WHEELS}`, `--target=${target}`, 'jupyterhub==5.3.0']);
  const extra = `c.Spawner.environment = {"PYTHONPATH": ${JSON.stringify(target)}}\n`;
  hub = await realHub(site, { pythonPath: [target], extra });
}, 240_000);
afterAll(async () => {
  await hub?.down();
  await site?.sweep();
  await site?.down();
}, 60_000);
const { start, server, ready, whoRuns } = serversOf(() => hub);

test('JupyterHub 5.3: bad options refused, a server, the Hub killed and adopted, ended', async () => {
  const { name } = site.alice;
  const { version } = (await (await hub.api('/')).json()) as { version: string };
  expect(version).toBe('5.3.0');
  expect((await start(name, { profile: 'huge' })).status).toBe(400);
  expect(await site.jobs()).toEqual([]);
  expect((await start(name, { profile: 'small' })).status).toBeLessThan(300);
  await ready(name);
  const before = await site.jobs();
  expect(before).toHaveLength(1);
  await hub.kill();
  await hub.start();
  await ready(name);
  expect(await whoRuns(name)).toBe('200');
  expect(await site.jobs()).toEqual(before);
  expect((await hub.api(`/users/${name}/server`, { method: 'DELETE' })).status).toBeLessThan(300);
  expect(await until(async () => (await site.jobs()).length === 0, 20_000, 200)).toBe(true);
  expect(await until(async () => (await server(name)) === undefined, 20_000, 200)).toBe(true);
}, 180_000);
