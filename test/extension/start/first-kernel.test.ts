import { afterEach, expect, test } from '@jest/globals';
import { PageConfig } from '@jupyterlab/coreutils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { firstKernel, startWithFirstKernel } from '../../../extension/src/start/first-kernel.ts';

afterEach(() => void PageConfig.setOption('berthFirstKernel', ''));

interface Preference {
  readonly name?: string;
  readonly id?: string;
  readonly shouldStart?: boolean;
}
/** What becomes of a notebook's preference when it is opened. */
function opened(kernelPreference: Preference): Preference {
  const tracker: { widgetAdded?: Signal<object, unknown> } = {};
  const widgetAdded = new Signal<object, unknown>(tracker);
  // of a tracker nothing else is used
  startWithFirstKernel({ widgetAdded } as unknown as INotebookTracker);
  const panel = { sessionContext: { kernelPreference } };
  widgetAdded.emit(panel);
  return panel.sessionContext.kernelPreference;
}

test('a notebook that names no kernel has the one that was chosen', () => {
  PageConfig.setOption('berthFirstKernel', 'lab-climate-01234567');
  expect(firstKernel()).toBe('lab-climate-01234567');
  expect(opened({ shouldStart: true })).toEqual({ shouldStart: true, name: 'lab-climate-01234567' });
});

test.each<Preference>([{ name: 'python3' }, { id: 'of-a-running-one' }, { shouldStart: false }])(
  'not with %j',
  (preference) => {
    PageConfig.setOption('berthFirstKernel', 'lab-climate-01234567');
    expect(opened(preference)).toEqual(preference);
  },
);

test('where none was chosen, nothing is', () => {
  expect(opened({})).toEqual({});
});
