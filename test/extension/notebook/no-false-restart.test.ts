import { NotebookPanel } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Signal } from '@lumino/signaling';
import { noFalseRestart } from '../../../extension/src/notebook/no-false-restart.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { SCENES } from '../stand-in/scenes.ts';
import { eventually } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

/** What of Lab's notebook is private, and relied upon. */
interface Private {
  _autorestarting: boolean;
  _onSessionStatusChanged(sender: unknown, status: string): void;
}
let standIn: StandIn;
let tests: BerthOfTests;
beforeEach(async () => {
  standIn = await standInUp('failing');
  tests = berthOf(standIn);
  await tests.session.store.readAll();
});
afterEach(async () => {
  // Lab does not wait for its dialog, so that flushing it would reject what nobody catches
  document.querySelector<HTMLElement>('.jp-Dialog .jp-mod-accept')?.click();
  await eventually(() => dialogs() === 0);
  tests.down();
  await standIn.down();
});

interface Said {
  readonly panel: NotebookPanel;
  readonly own: Private;
  readonly say: (...statuses: readonly string[]) => void;
}

/** A notebook with Lab's own method that says it, over the field of that name. */
function notebook(): Said {
  const statusChanged = new Signal<object, string>({});
  const own = {
    _autorestarting: false,
    _trans: nullTranslator.load('jupyterlab'),
    context: { path: 'Untitled.ipynb', model: { sharedModel: { getMetadata: () => undefined } } },
    sessionContext: { statusChanged, session: { kernel: { id: 'k1' }, path: 'Untitled.ipynb' } },
  } as unknown as Private;
  const lab = NotebookPanel.prototype as unknown as Private;
  statusChanged.connect((sender, status) => lab._onSessionStatusChanged.call(own, sender, status));
  return {
    panel: own as unknown as NotebookPanel,
    own,
    say: (...statuses) => {
      for (const status of statuses) statusChanged.emit(status);
    },
  };
}
const dialogs = (): number => document.querySelectorAll('.jp-Dialog').length;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('this Lab keeps in `_autorestarting` that it has said so: without that nothing would hold it back', async () => {
  const { own, say } = notebook();
  say('restarting', 'autorestarting');
  await turn();
  expect(dialogs()).toBe(1);
  expect(own._autorestarting).toBe(true);
  say('restarting', 'autorestarting');
  await turn();
  expect(dialogs()).toBe(1);
  // and it is a notebook's own field from its beginning
  expect(NotebookPanel.toString()).toMatch(/this\._autorestarting = false/);
});

test('of a job that has ended Lab does not say that the kernel restarts', async () => {
  const { panel, say } = notebook();
  noFalseRestart(tests.berth, tests.session, panel);
  say('restarting', 'autorestarting');
  await turn();
  expect(dialogs()).toBe(0);
});

test('of a kernel that died by itself, and is started again, it does', async () => {
  const [story] = SCENES.failing.launches;
  const outcome = { kind: 'signalled', sentence: 'Killed by signal 9.', status: 137, at: '' } as const;
  standIn.change((scene) => ({ ...scene, launches: [{ ...story, launch: { state: 'ended', outcome } }] }));
  await tests.session.store.readAll();
  const { panel, say } = notebook();
  noFalseRestart(tests.berth, tests.session, panel);
  say('restarting', 'autorestarting');
  await turn();
  expect(dialogs()).toBe(1);
});
