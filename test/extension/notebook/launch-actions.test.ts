import { Dialog } from '@jupyterlab/apputils';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LabSettings, Resources } from '@berth/schema';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { LaunchActions } from '../../../extension/src/notebook/launch-actions.ts';
import { click, finding, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { kernel, SCENES } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let metadata: Record<string, unknown>;
let changed: unknown[];
let actions: LaunchActions;
const page = finding(document.body);
const small = SCENES.asking.launches[0].resources as Resources;
const [story] = SCENES.asking.launches;
beforeEach(async () => {
  standIn = await standInUp('asking');
  tests = berthOf(standIn);
  metadata = {};
  changed = [];
  const sharedModel = {
    get metadata() {
      return metadata;
    },
    getMetadata: (name: string) => metadata[name],
    setMetadata: (name: string, value: unknown) => {
      metadata = { ...metadata, [name]: value };
    },
  };
  // the few parts of a notebook's panel that it touches: a whole one needs a Lab
  const panel = {
    context: { path: 'Untitled.ipynb', model: { sharedModel } },
    sessionContext: {
      statusChanged: new Signal<object, unknown>({}),
      changeKernel: (to: unknown) => Promise.resolve(changed.push(to)),
    },
  };
  // of a panel only what is used here: a real one needs Lab's whole application
  actions = new LaunchActions(tests.berth, tests.session, panel as unknown as NotebookPanel);
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});
const changes = () => standIn.asked.filter((one) => !one.startsWith('GET'));
const settings = (writeResources: LabSettings['writeResources']) =>
  tests.berth.settings.follow(
    {
      load: () => Promise.resolve({ composite: { writeResources }, changed: { connect: () => true } }),
    } as never,
    'jupyter-berth:plugin',
  );

test('yes and no are answers to that launch', async () => {
  await actions.perform('start', story, small);
  await actions.perform('decline', story, small);
  expect(changes()).toEqual(Array.from({ length: 2 }, () => `POST /v1/launches/${story.id}/answer`));
  expect(standIn.bodies.slice(-2)).toEqual([{ start: true, resources: small }, { start: false }]);
  expect(metadata).toEqual({});
});

test('what the person chooses is the answer, and goes into the file only where the settings say so', async () => {
  for (const [setting, kept] of [
    ['created', false],
    ['never', false],
    ['always', true],
  ] as const) {
    await settings(setting);
    const done = actions.perform('choose', story, small);
    await settled(() => page.all('radio').length === 4);
    await click(page.one('radio', /^One GPU/));
    await click(page.one('button', 'Start'));
    await done;
    expect(standIn.bodies.at(-1)).toMatchObject({
      start: true,
      profile: 'gpu',
      resources: { gres: 'gpu:1' },
    });
    expect('berth' in metadata).toBe(kept);
  }
});

test('start again: first the word, then a kernel of a new id', async () => {
  await actions.perform('start-again', story, small);
  expect(changes()).toEqual(['PUT /v1/wishes']);
  expect(standIn.bodies.at(-1)).toEqual({ path: 'Untitled.ipynb', kernel: kernel(0).name, resources: small });
  expect(changed).toEqual([{ name: kernel(0).name }]);
});

test('cancel ends that launch; what fails is told in words', async () => {
  await actions.perform('cancel', story, small);
  expect(changes()).toEqual([`DELETE /v1/launches/${story.id}`]);
  const done = actions.perform('cancel', { ...story, id: 'f'.repeat(16) }, small);
  await settled(() => page.all('alert').length === 1);
  expect(page.one('alert').textContent).toContain('There is no such thing.');
  await click(page.one('button', 'Close'));
  await done;
  Dialog.flush();
});

test('what is chosen for the next start is kept, and the button promises no start', async () => {
  const done = actions.chooseForNext(story.kernel, story.displayName);
  await settled(() => page.all('radio').length === 4);
  expect(page.all('button', 'Start')).toEqual([]);
  await click(page.one('radio', /^One GPU/));
  await click(page.one('button', 'Keep for next start'));
  await done;
  expect(changes()).toEqual(['PUT /v1/wishes']);
  expect(standIn.bodies.at(-1)).toMatchObject({ kernel: story.kernel, profile: 'gpu' });
  expect(changed).toEqual([]);
});
