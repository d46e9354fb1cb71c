import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LogView } from '../../../extension/src/log/log-view.tsx';
import { draw, type Drawn, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { SCENES } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

const [story] = SCENES.waiting.launches;
let standIn: StandIn;
let tests: BerthOfTests;
let view: Drawn;
let box: HTMLElement;
beforeEach(async () => {
  standIn = await standInUp('waiting');
  tests = berthOf(standIn);
  tests.session.store.events.start();
  await settled(() => standIn.events.listeners === 1 && tests.session.store.launchesKnown);
  view = await draw(<LogView story={story} session={tests.session} trans={tests.berth.trans} />);
  box = view.one('log');
  // jsdom lays nothing out: as high as its lines, of which five are in sight
  const height = (): number => (box.textContent ?? '').split('\n').length * 10;
  Object.defineProperties(box, { scrollHeight: { get: height }, clientHeight: { value: 50 } });
  await settled(() => lines() === 3);
});
afterEach(async () => {
  await view.end();
  tests.down();
  await standIn.down();
});
const lines = (): number => (box.textContent ?? '').split('\n').length;
async function grow(id: string = story.id): Promise<void> {
  standIn.change((scene) => ({
    ...scene,
    log: Array.from({ length: lines() + 10 }, (_, at) => `line ${at}`),
  }));
  standIn.events.emit({ type: 'launch-log', value: { id } });
}
const reads = (): number => standIn.asked.filter((one) => one.endsWith('/log')).length;

test('follows a log that grows, at its end', async () => {
  await grow();
  await settled(() => lines() === 13);
  expect(box.scrollTop).toBe(130);
  await grow();
  await settled(() => lines() === 23);
  expect(box.scrollTop).toBe(230);
});

test('stays where the person reads, and follows again once they are at the end', async () => {
  await grow();
  await settled(() => lines() === 13);
  box.scrollTop = 40;
  box.dispatchEvent(new Event('scroll'));
  await grow();
  await settled(() => lines() === 23);
  expect(box.scrollTop).toBe(40);
  box.scrollTop = 180;
  box.dispatchEvent(new Event('scroll'));
  await grow();
  await settled(() => lines() === 33);
  expect(box.scrollTop).toBe(330);
});

test("another launch's log is none of it; what was said while nobody told is read when the link is up again", async () => {
  const before = reads();
  await grow('f'.repeat(16));
  await tests.session.client.call('status');
  expect(reads()).toBe(before);
  standIn.events.drop();
  await settled(() => lines() === 13);
});

test('many lines at once are read once more, not once each', async () => {
  const before = reads();
  for (let times = 0; times < 20; times += 1)
    standIn.events.emit({ type: 'launch-log', value: { id: story.id } });
  await grow();
  await settled(() => lines() === 13);
  expect(reads() - before).toBeLessThan(8);
});
