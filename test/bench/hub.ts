/** BerthSpawner against batchspawner's SlurmSpawner: the same Hub, proxy, cluster, accounts and single-user environment. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../cluster/until.ts';
import { countedSlurm, type CountedSlurm } from '../live/counted-slurm.ts';
import { hubSiteUp, type HubSite } from '../live/hub-site.ts';
import { realHub, type RealHub } from '../live/real-hub.ts';
import { batchspawner, type Batchspawner } from './batchspawner.ts';
import { endedEarly } from './ended-early.ts';
import { paired, result, type Report } from './paired.ts';

const PEOPLE = 20;
/** fewer for a quick look */
const ROUNDS = Number(process.env['ROUNDS'] ?? 2);
/** of each round only how long 20 take */
const READY_ONLY = process.env['READY_ONLY'] === '1';
/** seconds that queries are counted for */
const WATCH = 20;

const NOTES = [
  `ready-20: ${PEOPLE} people start at once by the Hub's REST API, through configurable-http-proxy, until all are ready and answer through it`,
  'pending-20, running-20: commands that ask Slurm (squeue, sinfo), in 5 s, of all people together',
  'dies: from the start until the last lines of a job that ends at once are on the page that waits; batchspawner never shows them, its time is that of the Hub saying that the start has failed, at most 60 s',
];

interface Round {
  readonly ready: number;
  readonly pending: number;
  readonly running: number;
  readonly dies: number;
}

/** the Hub of the round that is under way */
let current: RealHub | undefined;

export async function bench(): Promise<Report> {
  const stopped = new AbortController();
  const starting = hubSiteUp({ nodes: 4, cpusPerNode: 8, crowd: PEOPLE, signal: stopped.signal });
  const goesOn = endedEarly(async () => {
    stopped.abort();
    await current?.down();
    const up = await starting.catch(() => undefined);
    await up?.down();
  });
  try {
    const site = await starting;
    try {
      return await measured(site);
    } finally {
      await site.down();
      goesOn();
    }
  } catch (error) {
    // what was taken away below it says nothing: it is being ended, and that ends the process
    if (stopped.signal.aborted) await new Promise(() => undefined);
    throw error;
  }
}

async function measured(site: HubSite): Promise<Report> {
  const counted = await countedSlurm(site.prefix, ['squeue', 'sinfo']);
  const theirs = await batchspawner(site, counted, { die: join(site.prefix, 'die'), words: WORDS });
  await useCounted(site, counted);
  const ours = () => round(site, counted, undefined);
  const baseline = () => round(site, counted, theirs);
  // the first server of an account makes what Jupyter keeps in a home, and reads everything from the disk
  await warm(site);
  const found = await paired(ROUNDS, ours, baseline);
  const of = (name: keyof Round) =>
    [found.ours.map((one) => one[name]), found.baseline.map((one) => one[name])] as const;
  return {
    n: ROUNDS,
    notes: NOTES,
    results: [
      result(`ready-${PEOPLE}`, 's', ...of('ready')),
      result(`pending-${PEOPLE}`, 'queries in 5 s', ...of('pending')),
      result(`running-${PEOPLE}`, 'queries in 5 s', ...of('running')),
      result('dies', 's', ...of('dies')),
    ],
  };
}

async function warm(site: HubSite): Promise<void> {
  const hub = (current = await realHub(site, { extra: HUB }));
  try {
    for (const { name } of site.crowd) await hub.api(`/users/${name}`, { method: 'POST' });
    await allReady(site, hub);
    await stopAll(site, hub);
  } finally {
    await hub.down();
  }
}

const HUB = 'c.JupyterHub.concurrent_spawn_limit = 0\nc.Spawner.http_timeout = 120\n';

/** One Hub, from nothing to its end. */
async function round(site: HubSite, counted: CountedSlurm, theirs: Batchspawner | undefined): Promise<Round> {
  const hub = await realHub(site, {
    extra: HUB,
    ...(theirs && { config: theirs.config, pythonPath: [theirs.packages] }),
  });
  current = hub;
  try {
    for (const { name } of site.crowd) await hub.api(`/users/${name}`, { method: 'POST' });
    const ready = await allReady(site, hub);
    if (READY_ONLY) {
      console.error(`${theirs === undefined ? 'ours' : 'batchspawner'} ${ready}`);
      return { ready, pending: NaN, running: NaN, dies: NaN };
    }
    await sleep(12_000);
    const running = await perFive(counted);
    await stopAll(site, hub);
    const pending = await whileDrained(site, async () => {
      await startAll(site, hub);
      await until(async () => (await allJobs(site)).length === PEOPLE, 60_000, 200);
      await sleep(6_000);
      return perFive(counted);
    });
    await allAre(site, hub);
    await stopAll(site, hub);
    const dies = await timeToWords(site, hub, theirs !== undefined);
    const found = { ready, pending, running, dies };
    // a round takes minutes: what is known stays known, whatever a later one does
    console.error(`${theirs === undefined ? 'ours' : 'batchspawner'} ${JSON.stringify(found)}`);
    return found;
  } finally {
    await stopAll(site, hub).catch(() => undefined);
    await site.as(site.cluster.users.caller, ['scancel', '--state=PENDING']);
    await site.as(site.cluster.users.caller, ['scancel', '--state=RUNNING']);
    await hub.down();
  }
}

async function startAll({ crowd }: HubSite, hub: RealHub): Promise<void> {
  const answers = await Promise.all(
    crowd.map(({ name }) => hub.api(`/users/${name}/server`, { method: 'POST' })),
  );
  const wrong = answers.find(({ status }) => status >= 300);
  if (wrong !== undefined)
    throw new Error(`a start is refused: ${wrong.status} ${await wrong.text()}\n${complaints(hub.log)}`);
}

/** Of a Hub's log what is no news of a request. */
const complaints = (log: string): string =>
  log
    .split('\n')
    .filter((line) => !/^\[I |is slow to /.test(line))
    .join('\n')
    .slice(-6000);

async function allAre({ crowd }: HubSite, hub: RealHub): Promise<void> {
  const all = async (): Promise<boolean> => {
    const users = (await (await hub.api('/users?state=ready&limit=200')).json()) as readonly unknown[];
    return users.length === crowd.length;
  };
  if (!(await until(all, 240_000, 100))) throw new Error(`not all are ready\n${complaints(hub.log)}`);
}

async function allReady(site: HubSite, hub: RealHub): Promise<number> {
  const began = performance.now();
  await startAll(site, hub);
  await allAre(site, hub);
  const seconds = (performance.now() - began) / 1000;
  const there = await Promise.all(site.crowd.map(({ name }) => fetch(`${hub.url}user/${name}/api`)));
  const well = there.filter(({ ok }) => ok).length;
  if (well !== PEOPLE) throw new Error(`${well} of ${PEOPLE} answer through the proxy`);
  return seconds;
}

async function stopAll(site: HubSite, hub: RealHub): Promise<void> {
  await Promise.all(site.crowd.map(({ name }) => hub.api(`/users/${name}/server`, { method: 'DELETE' })));
  const none = async (): Promise<boolean> => {
    const users = (await (await hub.api('/users?state=active&limit=200')).json()) as readonly unknown[];
    return users.length === 0 && (await allJobs(site)).length === 0;
  };
  if (!(await until(none, 90_000, 250))) throw new Error(`not all have stopped\n${complaints(hub.log)}`);
}

async function allJobs(site: HubSite): Promise<readonly string[]> {
  const { stdout } = await site.as(site.cluster.users.caller, ['/usr/bin/squeue', '-h', '-o', '%A']);
  return stdout.split('\n').filter(Boolean);
}

/** of the commands that ask Slurm, while nothing is done */
async function perFive(counted: CountedSlurm): Promise<number> {
  const before = (await counted.calls()).length;
  await sleep(WATCH * 1000);
  return (((await counted.calls()).length - before) * 5) / WATCH;
}

async function whileDrained<T>(site: HubSite, work: () => Promise<T>): Promise<T> {
  const nodes = `nodename=${site.cluster.nodes.join(',')}`;
  const { caller } = site.cluster.users;
  await site.as(caller, ['scontrol', 'update', nodes, 'state=drain', 'reason=bench']);
  try {
    return await work();
  } finally {
    await site.as(caller, ['scontrol', 'update', nodes, 'state=resume']);
  }
}

const WORDS = 'the licence server does not answer';

/** A job that ends at once; what it says is on the page that waits, or not. */
async function timeToWords(site: HubSite, hub: RealHub, isTheirs: boolean): Promise<number> {
  const script = join(site.prefix, 'libexec/berth-hub-job');
  const whole = await readFile(script, 'utf8');
  const name = site.crowd[0]?.name ?? '';
  const began = performance.now();
  try {
    await writeFile(script, `#!/bin/sh\necho '${WORDS}'\nexit 3\n`);
    if (isTheirs) await writeFile(join(site.prefix, 'die'), '');
    await Promise.race([hub.api(`/users/${name}/server`, { method: 'POST' }), sleep(200)]);
    const progress = await hub.api(`/users/${name}/server/progress`, { signal: AbortSignal.timeout(60_000) });
    let said = '';
    try {
      // the page's type of a body has no iterator, Node's has
      for await (const chunk of progress.body as unknown as AsyncIterable<Uint8Array>) {
        said += Buffer.from(chunk).toString();
        if (said.includes(WORDS) || said.includes('"failed": true')) break;
      }
    } catch {
      // a minute of nothing
    }
    if (!isTheirs && !said.includes(WORDS)) throw new Error(`its words are not shown: ${said}`);
    return (performance.now() - began) / 1000;
  } finally {
    await writeFile(script, whole);
    await rm(join(site.prefix, 'die'), { force: true });
  }
}

/** So that each question of the service, of the helper and of theirs is counted. */
async function useCounted(site: HubSite, { directory }: CountedSlurm): Promise<void> {
  const config = JSON.parse(await readFile(site.configFile, 'utf8')) as { slurm: object };
  await writeFile(
    site.configFile,
    JSON.stringify({ ...config, slurm: { ...config.slurm, binDirectory: directory } }),
  );
  const conf = join(site.prefix, 'libexec/berth-as-user.conf');
  await writeFile(conf, `${await readFile(conf, 'utf8')}slurm=${directory}\n`);
}
