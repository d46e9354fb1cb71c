import type { ILabShell, IRouter } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { DRIVE } from './output-drive.ts';

/**
 * Lab writes what is in front into the page's address, to open it when the page is loaded anew: with its file browser, which has no place for
 * an output, so that a person would be told of an error. The output is opened again by the workspace as it is, without an address.
 */
export function withoutAddress(shell: Pick<ILabShell, 'currentPathChanged'>, router: IRouter): void {
  shell.currentPathChanged.connect((_, { newValue }) => {
    if (!newValue.startsWith(`${DRIVE}:`)) return;
    // after Lab has done so
    queueMicrotask(() => {
      router.navigate(URLExt.parse(PageConfig.getUrl({ treePath: '' })).pathname, { skipRouting: true });
      PageConfig.setOption('treePath', '');
    });
  });
}
