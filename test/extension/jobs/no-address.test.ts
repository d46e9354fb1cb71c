import { expect, test } from '@jest/globals';
import type { ILabShell, IRouter } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { Signal } from '@lumino/signaling';
import { withoutAddress } from '../../../extension/src/jobs/no-address.ts';

test('an output in front is not in the address of the page; a file is', async () => {
  const shell = {} as ILabShell;
  const currentPathChanged = new Signal<ILabShell, ILabShell.ICurrentPathChangedArgs>(shell);
  const went: string[] = [];
  const navigate = (path: string): void => void went.push(path);
  withoutAddress({ currentPathChanged }, { navigate } as Partial<IRouter> as IRouter);
  PageConfig.setOption('treePath', 'a.ipynb');
  currentPathChanged.emit({ oldValue: '', newValue: 'a.ipynb' });
  await Promise.resolve();
  expect([went, PageConfig.getOption('treePath')]).toEqual([[], 'a.ipynb']);
  currentPathChanged.emit({ oldValue: 'a.ipynb', newValue: 'BerthJobs:0000000000000001/0/a.ipynb' });
  await Promise.resolve();
  expect(went).toEqual([expect.stringMatching(/^\/lab\b(?!.*BerthJobs)/)]);
  expect(PageConfig.getOption('treePath')).toBe('');
});
