import { afterEach, expect, test } from '@jest/globals';
import { ServerProblem } from '../../../extension/src/client/server-problem.ts';
import { CommandIDs } from '../../../extension/src/command-ids.ts';
import { GalleryView } from '../../../extension/src/gallery/gallery-view.tsx';
import { click, draw, type Drawn, focus, press, settled, type } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { kernel, type Scene, type SceneName, SCENES } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let view: Drawn;
afterEach(async () => {
  await view.end();
  tests.down();
  await standIn.down();
});

async function open(scene: SceneName | Scene): Promise<void> {
  standIn = await standInUp(scene);
  tests = berthOf(standIn, [CommandIDs.newNotebook]);
  const { berth, session } = tests;
  view = await draw(<GalleryView berth={berth} session={session} />);
  await settled(() => true);
  const reading = session.catalogue.read();
  await settled(() => !session.catalogue.reading);
  await reading;
}
const status = () => view.all('status').map(({ textContent }) => textContent);

test('a thousand kernels are all there, of which those in sight are drawn', async () => {
  await open('many');
  expect(view.one('grid').getAttribute('aria-rowcount')).toBe('1000');
  expect(view.all('row').length).toBeLessThan(40);
  expect(status()).toContain('1000 kernels');
});

test('search narrows the list as one types, Escape shows all again', async () => {
  await open('many');
  const search = view.one('searchbox');
  await type(search, 'ocean python');
  expect(status()).toContain('50 of 1000 kernels');
  expect(view.all('row').every(({ textContent }) => /Python.*ocean/.test(textContent ?? ''))).toBe(true);
  await press(search, 'Escape');
  expect(status()).toContain('1000 kernels');
  await type(search, 'nothing like it');
  await click(view.one('button', 'Show all'));
  expect(status()).toContain('1000 kernels');
});

test('by keyboard alone: arrows choose, the details follow, Enter starts', async () => {
  await open('many');
  const grid = view.one('grid');
  await press(grid, 'Home');
  await press(grid, 'ArrowDown');
  expect(grid.getAttribute('aria-activedescendant')).toBe(`berth-kernel-${kernel(1).name}`);
  expect(view.all('row').filter((row) => row.getAttribute('aria-selected') === 'true')).toHaveLength(1);
  await settled(() => /Why it is here/.test(view.node.textContent ?? ''));
  expect(view.node.textContent).toContain('ipykernel 6.29.5');
  await press(grid, 'Enter');
  expect(tests.ran).toEqual([
    [CommandIDs.newNotebook, { kernel: kernel(1).name, displayName: kernel(1).displayName, ask: false }],
  ]);
});

test('the first click in a scrolled list chooses what was clicked', async () => {
  await open('many');
  const grid = view.one('grid');
  grid.scrollTop = 44 * 50;
  grid.dispatchEvent(new Event('scroll'));
  const row = (): HTMLElement | null => view.node.querySelector(`[id="berth-kernel-${kernel(50).name}"]`);
  await settled(() => row() !== null);
  // as a browser does: a row takes no focus, so the press brings it to the list around it
  const there = row();
  there?.dispatchEvent(new Event('pointerdown', { bubbles: true }));
  await focus(grid);
  expect(row()).toBe(there);
  expect(grid.scrollTop).toBe(44 * 50);
  there?.dispatchEvent(new Event('pointerup', { bubbles: true }));
  if (there) await click(there);
  expect(grid.getAttribute('aria-activedescendant')).toBe(`berth-kernel-${kernel(50).name}`);
});

test('Tab into the list chooses its first', async () => {
  await open('many');
  await focus(view.one('grid'));
  expect(view.one('grid').getAttribute('aria-activedescendant')).toBe(`berth-kernel-${kernel(0).name}`);
});

test('offers a kernel in Jupyter, and withdraws it', async () => {
  await open('many');
  await type(view.one('searchbox'), kernel(500).image);
  await press(view.one('grid'), 'Home');
  await settled(() => view.all('button', 'Offer in Jupyter').length === 1);
  await click(view.one('button', 'Offer in Jupyter'));
  await settled(() => view.all('button', 'Withdraw').length === 1);
  await click(view.one('button', 'Withdraw'));
  await settled(() => view.all('button', 'Offer in Jupyter').length === 1);
  expect(standIn.asked.filter((one) => one.endsWith('/kernelspec')).map((one) => one.split(' ')[0])).toEqual([
    'PUT',
    'DELETE',
  ]);
});

test('says what is wrong with sources and images, with what to do', async () => {
  await open('failing');
  await settled(() => view.all('button', 'Troubles (3)').length === 1);
  await click(view.one('button', 'Troubles (3)'));
  await settled(() => /has no ipykernel/.test(view.node.textContent ?? ''));
  expect(view.node.textContent).toContain('Add ipykernel to that environment');
  expect(view.node.textContent).toContain('archive');
});

test('an empty catalogue says what would be here', async () => {
  await open('empty');
  expect(view.node.textContent).toContain('No kernel has been found yet.');
});

test('an empty catalogue says why it is: which source does not answer, and what to do', async () => {
  await open({ ...SCENES.empty, troubles: { sources: SCENES.failing.troubles.sources, images: [] } });
  await settled(() => /connection refused/.test(view.node.textContent ?? ''));
  expect(view.node.textContent).toMatch(
    /No kernel has been found yet\.archive.*does not answer.*Check that it is up/,
  );
  expect(view.all('button', 'Troubles (1)')).toHaveLength(1);
});

test('a source that falls silent without a kernel being lost is told once the look is over', async () => {
  await open('one');
  tests.session.store.events.start();
  await settled(() => standIn.events.listeners === 1 && tests.session.store.scan !== undefined);
  standIn.change((scene) => ({ ...scene, troubles: SCENES.failing.troubles }));
  standIn.events.emit({ type: 'scan', value: SCENES.one.scan });
  await settled(() => view.all('button', 'Troubles (3)').length === 1);
});

test('what keeps the catalogue from being read is told instead of that it is read; another cause takes its place', async () => {
  standIn = await standInUp('one');
  tests = berthOf(standIn);
  const { berth, session } = tests;
  session.store.events.start();
  await settled(() => standIn.events.listeners === 1 && session.store.launchesKnown);
  standIn.stumble(99, 404);
  const reading = session.catalogue.read();
  view = await draw(<GalleryView berth={berth} session={session} />);
  expect(status().join()).toContain('Reading the catalogue…');
  await reading;
  await settled(() => view.all('alert').length === 1);
  expect(status().join()).not.toContain('Reading the catalogue…');
  // somebody has it looked at again, and by now it is something else, or nothing
  standIn.stumble(0, 0);
  standIn.events.emit({ type: 'scan', value: SCENES.failing.scan });
  await settled(() => view.all('alert').length === 0);
  expect(status()).toContain('1 kernel');
});

test('a cause that the catalogue and the look have in common is told once', async () => {
  await open('failing');
  const { session } = tests;
  session.store.events.start();
  await settled(() => /does not answer/.test(status().join()));
  const { detail, hint } = SCENES.failing.scan.problem;
  Object.defineProperty(session.catalogue, 'problem', {
    get: () => new ServerProblem(detail, { code: 'source-unreachable', hint }),
  });
  standIn.events.emit({ type: 'scan', value: SCENES.failing.scan });
  await settled(() => view.all('alert').length === 1);
  expect(status().join()).not.toContain('does not answer');
});

test('starts and stops the look into all sources', async () => {
  await open('one');
  tests.session.store.events.start();
  await settled(() => standIn.events.listeners === 1 && tests.session.store.scan !== undefined);
  await click(view.one('button', 'Look again'));
  await settled(() => view.all('button', 'Stop looking').length === 1);
  await click(view.one('button', 'Stop looking'));
  await settled(() => view.all('button', 'Look again').length === 1);
});
