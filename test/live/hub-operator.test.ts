/** Slurm shows jobs to their owners alone (PrivateData), and the service is its operator: one question for all people. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../cluster/until.ts';
import { serversOf } from './hub-servers.ts';
import { hubSiteUp, type HubSite } from './hub-site.ts';
import { realHub, type RealHub } from './real-hub.ts';

let site: HubSite;
let hub: RealHub;
beforeAll(async () => {
  site = await hubSiteUp({ nodes: 1, operator: true });
  hub = await realHub(site, { extra: 'c.Spawner.poll_interval = 1\n' });
}, 240_000);
afterAll(async () => {
  await hub?.down();
  await site?.sweep();
  await site?.down();
}, 60_000);
const { start, server, ready, whoRuns } = serversOf(() => hub);

/** What each person has asked the controller since it started (sdiag(1), "statistics by user"). */
async function askedBy(name: string): Promise<number> {
  const { stdout } = await site.as(site.cluster.users.caller, ['sdiag']);
  return Number(new RegExp(`^\\s*${name}\\s.*count:(\\d+)`, 'm').exec(stdout)?.[1] ?? 0);
}

test('bob sees nothing of alice, the service all; nobody is asked in her place; the doctor says operator', async () => {
  const { alice, bob, account } = site;
  for (const { name } of [alice, bob]) expect((await start(name)).status).toBeLessThan(300);
  for (const { name } of [alice, bob]) await ready(name);
  const mine = ['squeue', '-h', '-n', 'berth-hub', '-o', '%u'];
  expect((await site.as(bob, mine)).stdout).toBe(`${bob.name}\n`);
  const seen = (await site.as(account, mine)).stdout.split('\n').filter(Boolean).sort();
  expect(seen).toEqual([alice.name, bob.name]);

  const before = await askedBy(alice.name);
  expect(before).toBeGreaterThan(0); // the submission
  await sleep(12_000); // nothing announces that nothing happens
  expect(await askedBy(alice.name)).toBe(before);
  expect(hub.log).not.toContain('is the service a Slurm operator?');
  const looked = await site.as(account, [site.berth, 'doctor', '--site', '--on-node', '--json']);
  expect((JSON.parse(looked.stdout) as { findings: unknown }).findings).toContainEqual(
    expect.objectContaining({ check: 'jobs of all people', ok: true }),
  );

  // its end is seen by the one question, and the other's server stays
  const [hers = ''] = (await site.jobs()).filter((line) => line.includes(` ${alice.name} `));
  expect((await site.as(alice, ['scancel', hers.split(' ')[0] ?? ''])).status).toBe(0);
  expect(await until(async () => (await server(alice.name)) === undefined, 30_000, 200)).toBe(true);
  expect(await askedBy(alice.name)).toBe(before + 1);
  expect(await whoRuns(bob.name)).toBe('200');
}, 180_000);
