/**
 * Life and death of a kernel, absolute: seconds, of which the worst counts. There is no baseline that does the same (peers
 * lose interrupts and leave jobs), so "baseline" is the bar and a ratio below 1 is within it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DrivenKernel } from '../jupyter/driver.ts';
import { siteUp, type Site } from '../live/site.ts';
import { spread, type Report, type Result } from './paired.ts';

const ROUNDS = 7;
const PATIENCE_MS = 30_000;

/** Seconds of one round. */
type Measure = (site: Site, kernel: string) => Promise<number>;

const CASES: Readonly<Record<string, { readonly bar: number; readonly measure: Measure }>> = {
  interrupt: { bar: 0.2, measure: interrupt },
  'kill-launcher': { bar: 2, measure: gone(({ pid }) => void process.kill(pid, 'SIGKILL')) },
  'kill-client': { bar: 2, measure: gone((_, client) => void process.kill(client, 'SIGKILL')) },
  scancel: { bar: 2, measure: gone(cancelJobs) },
  'bad-command': { bar: 5, measure: reason('bench-bad-command', /could not be run|No such file/) },
  'bad-image': { bar: 5, measure: reason('bench-bad-image', /There is no image|Wrong bytes/) },
};

export async function bench(): Promise<Report> {
  const site = await siteUp({ nodes: 1, cgroup: true });
  try {
    const kernel = await site.kernel('venv-python');
    await site.variant(kernel, 'bench-bad-command', (record) => ({
      ...record,
      kernel: { ...record.kernel, argv: ['/no/such/program', '{connection_file}'] },
    }));
    await site.variant(kernel, 'bench-bad-image', (record) => {
      const missing = `sha256:${'0'.repeat(64)}`;
      const layers = record.image.layers.map((layer) => ({ ...layer, digest: missing }));
      return { ...record, image: { ...record.image, digest: missing, layers } };
    });
    const results: Result[] = [];
    for (const [name, { bar, measure }] of Object.entries(CASES)) {
      const taken: number[] = [];
      for (let round = 0; round < ROUNDS; round++) taken.push(await measure(site, kernel));
      const ours = spread(taken);
      const baseline = { median: bar, min: bar, max: bar };
      results.push({ case: name, ours, baseline, ratio: ours.max / bar, unit: 's', lower_is_better: true });
    }
    return { n: ROUNDS, results, notes: ['"baseline" is the bar; the ratio is the WORST of ours over it'] };
  } finally {
    await site.down();
  }
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** From the client's interrupt to KeyboardInterrupt at the client; the variables must have stayed. */
async function interrupt(site: Site, name: string): Promise<number> {
  const driver = await site.driver();
  const kernel = await driver.kernel(name);
  await kernel.output('kept = 1');
  const running = await kernel.send('print("now", flush=True)\nimport time\ntime.sleep(60)');
  await kernel.firstOutput(running);
  const begin = performance.now();
  await kernel.interrupt();
  const { ename } = await kernel.collect(running);
  const taken = seconds(begin);
  if (ename !== 'KeyboardInterrupt') throw new Error(`interrupted with ${ename}`);
  if ((await kernel.output('print(kept)')).trim() !== '1') throw new Error('the state is lost');
  await driver.dispose();
  await site.untilClean(PATIENCE_MS);
  return taken;
}

/** From a violent end to nothing left of it: processes, mounts, sockets, files, jobs. */
function gone(end: (kernel: DrivenKernel, client: number, site: Site) => Promise<void> | void): Measure {
  return async (site, name) => {
    const driver = await site.driver();
    const kernel = await driver.kernel(name);
    await kernel.output('x = 1');
    const begin = performance.now();
    await end(kernel, driver.pid, site);
    await site.untilClean(PATIENCE_MS);
    const taken = seconds(begin);
    await driver.dispose();
    return taken;
  };
}

async function cancelJobs(_kernel: DrivenKernel, _client: number, site: Site): Promise<void> {
  await site.run(['scancel', '--me']);
}

/** From the start to its reason in the client's log. */
function reason(name: string, sentence: RegExp): Measure {
  return async (site) => {
    const driver = await site.driver();
    const begin = performance.now();
    const kernel = await driver.launch(name);
    while (!sentence.test(await kernel.log())) {
      if (performance.now() - begin > PATIENCE_MS)
        throw new Error(`no reason in the log:\n${await kernel.log()}`);
      await sleep(20);
    }
    const taken = seconds(begin);
    await driver.dispose();
    await site.untilClean(PATIENCE_MS);
    return taken;
  };
}
