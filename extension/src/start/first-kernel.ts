import { PageConfig } from '@jupyterlab/coreutils';
import type { INotebookTracker } from '@jupyterlab/notebook';

/** Name of the kernelspec that was chosen where the server was started, in the Hub's form; empty for none. */
export const firstKernel = (): string => PageConfig.getOption('berthFirstKernel');

/**
 * A notebook that names no kernel starts with that one, and nobody is asked. Told before its file is read: what that says of a
 * kernel then counts more, and where the chosen one is not there (yet) Lab asks as ever.
 */
export function startWithFirstKernel(tracker: INotebookTracker): void {
  const name = firstKernel();
  if (name === '') return;
  tracker.widgetAdded.connect((_, { sessionContext }) => {
    const preference = sessionContext.kernelPreference;
    const open = !preference.name && !preference.id && preference.shouldStart !== false;
    if (open) sessionContext.kernelPreference = { ...preference, name };
  });
}
