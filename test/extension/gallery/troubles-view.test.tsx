import { afterEach, expect, test } from '@jest/globals';
import { TroublesView } from '../../../extension/src/gallery/troubles-view.tsx';
import { useTroubles } from '../../../extension/src/gallery/use-troubles.ts';
import { click, draw, type Drawn, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { SCENES, type SceneName } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let view: Drawn;
let closed: number;
afterEach(async () => {
  await view.end();
  tests.down();
  await standIn.down();
});
async function open(scene: SceneName): Promise<void> {
  closed = 0;
  standIn = await standInUp(scene);
  tests = berthOf(standIn);
  tests.session.store.events.start();
  await settled(() => standIn.events.listeners === 1 && tests.session.store.launchesKnown);
  const { session, berth } = tests;
  const View = (): JSX.Element => (
    <TroublesView told={useTroubles(session)} trans={berth.trans} onClose={() => (closed += 1)} />
  );
  view = await draw(<View />);
}
const items = () => [...view.node.querySelectorAll('li')].map(({ textContent }) => textContent ?? '');

test('each source and image with what is wrong and what to do', async () => {
  await open('many');
  await settled(() => items().length === 3);
  const [source = '', solver = '', base = ''] = items();
  expect(source).toMatch(/^archive.*does not answer.*images that you started before stay usable/);
  expect(solver).toMatch(/^lab\/solver:3Python 3\.12 in \/opt\/env has no ipykernel\.Add ipykernel/);
  expect(base).toBe('lab/base:2026Nothing in it looks like a kernel.');
  await click(view.one('button', 'Close'));
  expect(closed).toBe(1);
});

test('says that nothing is wrong, and reads anew when the catalogue changes', async () => {
  await open('one');
  await settled(() => /All sources answer/.test(view.node.textContent ?? ''));
  standIn.change((scene) => ({ ...scene, troubles: SCENES.many.troubles }));
  standIn.events.emit({ type: 'kernels', value: { revision: '2' } });
  await settled(() => items().length === 3);
  expect(view.node.textContent).not.toContain('All sources answer');
});

test('why it cannot be read is said, and gone once it can', async () => {
  await open('many');
  await settled(() => items().length === 3);
  standIn.stumble(9, 404);
  standIn.events.emit({ type: 'kernels', value: { revision: '2' } });
  await settled(() => view.all('alert').length === 1);
  expect(view.one('alert').textContent).toContain("Berth's part of the Jupyter server is not there.");
  // what was known stays
  expect(items()).toHaveLength(3);
  standIn.stumble(0, 0);
  standIn.events.emit({ type: 'kernels', value: { revision: '3' } });
  await settled(() => view.all('alert').length === 0);
});
