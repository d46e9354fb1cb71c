import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { JobView } from '@berth/schema/rest';
import { JobLogView } from '../../../extension/src/jobs/job-log-view.tsx';
import { draw, type Drawn, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { sampleJobs } from '../stand-in/job-scenes.ts';
import { SCENES } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

const [running] = sampleJobs as readonly [JobView];
const ended: JobView = { ...running, state: 'cancelled', counts: { cancelled: 1 }, shown: [] };
let standIn: StandIn;
let tests: BerthOfTests;
let view: Drawn;
beforeEach(async () => {
  standIn = await standInUp({ ...SCENES.many, jobs: [ended] });
  tests = berthOf(standIn);
  const { berth, session } = tests;
  session.store.events.start();
  await settled(() => session.store.jobs !== undefined && standIn.events.listeners === 1);
  view = await draw(<JobLogView job={ended} index={0} session={session} trans={berth.trans} />);
  await settled(() => view.one('log').textContent?.includes('red') === true);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await view.end();
  tests.down();
  await standIn.down();
});
const reads = (): number => standIn.asked.filter((one) => one.includes('/log?')).length;

test('follows a run that is begun anew after it had ended, and reads once for all that is told of it', async () => {
  expect(reads()).toBe(1);
  const told = { ...running, state: 'starting' } as const;
  for (let times = 0; times < 20; times += 1) standIn.events.emit({ type: 'job', value: told });
  await settled(() => reads() >= 2);
  standIn.events.emit({ type: 'job', value: running });
  await settled(() => tests.session.store.jobs?.[0]?.state === 'running');
  await tests.session.client.call('status');
  // a slow machine may have come to the next reading by the clock
  expect(reads()).toBeLessThan(8);
});

test('what is told of one that stays ended reads nothing', async () => {
  standIn.events.emit({ type: 'job', value: { ...ended, name: 'other' } });
  await settled(() => tests.session.store.jobs?.[0]?.name === 'other');
  await tests.session.client.call('status');
  expect(reads()).toBe(1);
});

test('who is logged out is not asked for ever, and goes on with the next that is told', async () => {
  /** readings to come, by the clock */
  const planned = new Set<unknown>();
  const plan = globalThis.setTimeout;
  const planning = (run: () => void, ms?: number, ...rest: never[]) => {
    if (ms !== 2000) return plan(run, ms, ...rest);
    planned.add(run);
    return plan(() => {
      planned.delete(run);
      run();
    }, ms);
  };
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(planning as typeof setTimeout);
  standIn.events.emit({ type: 'job', value: running });
  await settled(() => reads() >= 2 && tests.session.store.jobs?.[0]?.state === 'running');
  standIn.stumble(1000, 403);
  await settled(() => view.node.textContent?.includes('asks for your login') === true);
  expect(planned.size).toBe(0);
  standIn.stumble(0, 403);
  const before = reads();
  standIn.events.emit({ type: 'job', value: { ...running, name: 'other' } });
  await settled(() => reads() > before);
});
