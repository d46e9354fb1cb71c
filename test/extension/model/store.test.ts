import { afterEach, expect, jest, test } from '@jest/globals';
import { BerthClient } from '../../../extension/src/client/client.ts';
import { backOff } from '../../../extension/src/client/event-link.ts';
import { BerthStore, type StoreChange } from '../../../extension/src/model/store.ts';
import { jobId, type SceneName, story } from '../stand-in/scenes.ts';
import { eventually, sendTo } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let store: BerthStore;
let heard: StoreChange['of'][];
afterEach(async () => {
  store.dispose();
  store.dispose();
  await standIn.down();
});

async function open(scene: SceneName): Promise<void> {
  standIn = await standInUp(scene);
  store = new BerthStore(new BerthClient(sendTo(standIn)), () => Promise.resolve());
  heard = [];
  store.changed.connect((_, { of }) => heard.push(of));
  store.events.start();
  await eventually(() => heard.includes('kernels') && standIn.events.listeners === 1);
  // jobs are read after the rest
  if (store.problem === undefined) await eventually(() => store.jobs !== undefined);
}
const queued = story({ state: 'queued', reason: 'the job is being submitted' });

test('reads all when it connects, then follows the events and asks nothing more', async () => {
  await open('many');
  expect(store.link).toBe('up');
  expect(store.launches.size).toBe(1);
  expect(store.allocations?.allocations).toHaveLength(4);
  expect(store.scan?.state).toBe('idle');
  const asked = standIn.asked.length;
  standIn.events.emit({ type: 'launch', value: queued });
  await eventually(() => store.launches.get(queued.id)?.launch.state === 'queued');
  standIn.events.emit({ type: 'launch-forgotten', value: { id: queued.id } });
  await eventually(() => store.launches.size === 0);
  standIn.events.emit({ type: 'kernels', value: { revision: '2' } });
  standIn.events.emit({ type: 'kernelspecs', value: {} });
  standIn.events.emit({ type: 'allocations', value: { allocations: [] } });
  await eventually(() => store.allocations?.allocations.length === 0);
  expect(heard.slice(-3)).toEqual(['kernels', 'kernelspecs', 'allocations']);
  expect(standIn.asked).toHaveLength(asked);
});

test('jobs that take long hold nothing else back, and what is told of them meanwhile is not lost', async () => {
  standIn = await standInUp('many');
  const send = sendTo(standIn);
  let listed: (() => void) | undefined;
  const slow = new BerthClient(async (path, init) => {
    const response = await send(path, init);
    if (path === '/v1/jobs') await new Promise<void>((resolve) => (listed = resolve));
    return response;
  });
  store = new BerthStore(slow, () => Promise.resolve());
  store.events.start();
  await eventually(() => listed !== undefined);
  expect([store.launches.size, store.jobs]).toEqual([1, undefined]);
  standIn.events.emit({ type: 'job-forgotten', value: { id: '0000000000000004' } });
  standIn.events.emit({ type: 'launch', value: queued });
  await eventually(() => store.launches.get(queued.id)?.launch.state === 'queued');
  listed?.();
  await eventually(() => store.jobs?.length === 3);
});

test('jobs that cannot be read are asked for ever more seldom, and the problem stays told until they can', async () => {
  standIn = await standInUp('many');
  const { jobs = [] } = standIn.scene;
  const unreadable = jobs.map((job) => ({ ...job, id: 'not an id' }));
  standIn.change((scene) => ({ ...scene, jobs: unreadable }));
  const pauses: number[] = [];
  const enough = Promise.withResolvers<void>();
  store = new BerthStore(new BerthClient(sendTo(standIn)), (milliseconds) => {
    pauses.push(milliseconds);
    return pauses.length < 9 ? Promise.resolve() : enough.promise;
  });
  const told: boolean[] = [];
  let catalogues = 0;
  store.changed.connect((_, { of }) => {
    told.push(store.problem !== undefined);
    catalogues += of === 'kernels' ? 1 : 0;
  });
  store.events.start();
  await eventually(() => pauses.length === 9);
  // the rest is known: nobody is told to read it again
  expect(standIn.asked.filter((one) => one === 'GET /v1/launches')).toHaveLength(1);
  expect(catalogues).toBe(1);
  expect(pauses).toEqual(Array.from({ length: 9 }, (_, failures) => backOff(failures)));
  expect(told.slice(told.indexOf(true))).not.toContain(false);
  standIn.change((scene) => ({ ...scene, jobs }));
  enough.resolve();
  await eventually(() => store.jobs?.length === 4);
  expect(store.problem).toBeUndefined();
  // what was read once is soon asked for again
  standIn.change((scene) => ({ ...scene, jobs: unreadable }));
  await store.readAll();
  await eventually(() => pauses.length > 9);
  expect(pauses[9]).toBe(backOff(0));
});

test('all that is read anew while jobs are being read is read with the jobs of then', async () => {
  standIn = await standInUp('many');
  const send = sendTo(standIn);
  const listed: (() => void)[] = [];
  const slow = new BerthClient(async (path, init) => {
    const response = await send(path, init);
    if (path === '/v1/jobs') await new Promise<void>((resolve) => listed.push(resolve));
    return response;
  });
  store = new BerthStore(slow, () => Promise.resolve());
  let reads = 0;
  store.changed.connect((_, { of }) => (reads += of === 'kernels' ? 1 : 0));
  store.events.start();
  await eventually(() => listed.length === 1);
  // a server that was started again: nobody tells what happened meanwhile
  standIn.change((scene) => ({ ...scene, jobs: [] }));
  standIn.events.forget();
  await eventually(() => reads === 2);
  listed[0]?.();
  await eventually(() => listed.length === 2);
  listed[1]?.();
  await eventually(() => store.jobs?.length === 0);
});

test('after a break it goes on where it was: nothing is missed, nothing read anew', async () => {
  await open('one');
  standIn.events.emit({ type: 'launch', value: queued });
  await eventually(() => store.launches.get(queued.id)?.launch.state === 'queued');
  const reads = standIn.asked.filter((one) => one === 'GET /v1/launches').length;
  standIn.events.drop();
  // while nobody listens
  standIn.events.emit({
    type: 'launch',
    value: story({ state: 'ready', jobId: jobId(1), node: 'n', pid: 1 }),
  });
  await eventually(() => store.launches.get(queued.id)?.launch.state === 'ready');
  expect(store.link).toBe('up');
  expect(standIn.asked.filter((one) => one === 'GET /v1/launches')).toHaveLength(reads);
});

test('a server that was started again knows nothing of before: all is read anew', async () => {
  await open('one');
  standIn.events.emit({ type: 'launch', value: queued });
  await eventually(() => store.launches.get(queued.id)?.launch.state === 'queued');
  standIn.change((scene) => ({ ...scene, launches: [], allocations: [] }));
  standIn.events.forget();
  await eventually(() => store.launches.size === 0 && store.allocations?.allocations.length === 0);
});

test('tells what a launch was before, so that its end can be told once', async () => {
  await open('one');
  const changes: StoreChange[] = [];
  store.changed.connect((_, change) => changes.push(change));
  standIn.events.emit({ type: 'launch', value: queued });
  await eventually(() => changes.length > 0);
  expect(changes[0]).toMatchObject({
    story: { launch: { state: 'queued' } },
    before: { launch: { state: 'ready' } },
  });
});

test('is lost only after a while: a server that is started again is faster', async () => {
  await open('one');
  const now = Date.now();
  await standIn.down();
  await eventually(() => store.link === 'down');
  expect(store.lost).toBe(false);
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 60_000);
  expect(store.lost).toBe(true);
  expect(store.allocations?.allocations).toHaveLength(1);
  clock.mockRestore();
});

test('keeps what it knew, and says why, when all cannot be read', async () => {
  await open('one');
  standIn.change((scene) => ({ ...scene, launches: [{ ...queued, id: 'not an id' }] }));
  await store.readAll();
  expect(store.problem?.code).toBe('stand-in');
  expect(store.launches.size).toBe(1);
});

test('what cannot be read keeps nothing else from being read, and is read again until it can', async () => {
  await open('one');
  standIn.change((scene) => ({
    ...scene,
    allocations: [],
    launches: [{ ...queued, id: 'not an id' }],
  }));
  await store.readAll();
  expect(store.allocations?.allocations).toEqual([]);
  standIn.change((scene) => ({ ...scene, launches: [queued] }));
  await eventually(() => store.launches.get(queued.id)?.launch.state === 'queued');
  expect(store.problem).toBeUndefined();
});

test('jobs are read also while launches cannot be, and those are asked for ever more seldom', async () => {
  standIn = await standInUp('many');
  standIn.change((scene) => ({ ...scene, launches: [{ ...queued, id: 'not an id' }] }));
  const pauses: number[] = [];
  const enough = Promise.withResolvers<void>();
  store = new BerthStore(new BerthClient(sendTo(standIn)), (milliseconds) => {
    pauses.push(milliseconds);
    return pauses.length < 6 ? Promise.resolve() : enough.promise;
  });
  store.events.start();
  await eventually(() => pauses.length === 6);
  expect(pauses).toEqual(Array.from({ length: 6 }, (_, failures) => backOff(failures)));
  await eventually(() => store.jobs?.length === 4);
  expect(store.problem?.code).toBe('stand-in');
  standIn.change((scene) => ({ ...scene, launches: [queued] }));
  enough.resolve();
  await eventually(() => store.launches.has(queued.id) && store.problem === undefined);
});

test('where only a person can help it says so and dials no more, until it is asked to try again', async () => {
  await open('one');
  standIn.stumble(1000, 403);
  standIn.events.drop();
  await eventually(() => store.problem?.code === 'logged-out');
  const asked = standIn.asked.length;
  await store.readAll();
  await new Promise((resolve) => setImmediate(resolve));
  expect(store.events.active).toBe(false);
  expect(standIn.asked).toHaveLength(asked + 3);
  standIn.stumble(0, 0);
  store.tryAgain();
  await eventually(() => store.problem === undefined && store.link === 'up');
});
