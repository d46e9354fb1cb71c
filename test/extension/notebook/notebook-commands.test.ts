import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { CommandIDs } from '../../../extension/src/command-ids.ts';
import { addNotebookCommands } from '../../../extension/src/notebook/notebook-commands.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { kernel, SCENES } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let changed: unknown[];
beforeEach(async () => {
  standIn = await standInUp('failing');
  tests = berthOf(standIn);
  await tests.session.store.readAll();
  changed = [];
  const panel = {
    context: {
      path: 'Untitled.ipynb',
      model: { sharedModel: { metadata: {}, getMetadata: () => undefined } },
    },
    sessionContext: {
      statusChanged: new Signal<object, unknown>({}),
      session: { kernel: { id: 'k1', name: kernel(0).name, status: 'idle' } },
      changeKernel: (to: unknown) => Promise.resolve(changed.push(to)),
    },
  };
  const tracker = { currentWidget: panel } as unknown as INotebookTracker;
  addNotebookCommands(tests.berth, tests.session, tracker);
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});

test('a kernel that is gone is started again in a new job', async () => {
  const { commands } = tests.berth.app;
  expect(commands.isEnabled(CommandIDs.startAgain)).toBe(true);
  await commands.execute(CommandIDs.startAgain);
  expect(changed).toEqual([{ name: kernel(0).name }]);
});

test.each(['one', 'waiting', 'asking'] as const)(
  'a kernel that lives or is coming (scene %s) is not taken away by a start again',
  async (scene) => {
    standIn.change((before) => ({ ...before, launches: SCENES[scene].launches }));
    await tests.session.store.readAll();
    const { commands } = tests.berth.app;
    expect(commands.isEnabled(CommandIDs.startAgain)).toBe(false);
    await commands.execute(CommandIDs.startAgain);
    expect(changed).toEqual([]);
    expect(standIn.asked).not.toContain('PUT /v1/wishes');
    expect(commands.isEnabled(CommandIDs.chooseResources)).toBe(true);
  },
);
