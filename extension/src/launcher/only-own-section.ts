import type { ILauncher } from '@jupyterlab/launcher';

/** What Lab's launcher model has besides its interface: the items that its sections are made of. */
interface ListsItems {
  items(): IterableIterator<ILauncher.IItemOptions>;
}
const listsItems = (launcher: ILauncher): launcher is ILauncher & ListsItems =>
  typeof (launcher as Partial<ListsItems>).items === 'function';

/**
 * Keeps Berth's kernels out of the launcher's section Notebook, where Lab shows every kernelspec again. Not out of Console:
 * our own section has no tile for a console. Lab has no setting for that and adds those items itself, so what its model lists
 * is filtered; a launcher of another kind is left as it is. Refused: an own launcher in place of Lab's, and kernelspecs that
 * Jupyter does not list (then no other client could start them).
 * @param isOurs whether a kernelspec's name is one to keep out now
 */
export function onlyInOwnSection(launcher: ILauncher, isOurs: (kernel: string) => boolean): void {
  if (!listsItems(launcher)) return;
  const all = launcher.items.bind(launcher);
  launcher.items = function* () {
    for (const item of all()) {
      const kernel = kernelOf(item);
      if (kernel === undefined || !isOurs(kernel)) yield item;
    }
  };
}

/** The kernel that an item makes a notebook with; a console's is in `kernelPreference`. */
function kernelOf({ args }: ILauncher.IItemOptions): string | undefined {
  const name = args?.['kernelName'];
  return typeof name === 'string' ? name : undefined;
}
