import type { ISessionContext } from '@jupyterlab/apputils';

/** Milliseconds. A restart that nothing comes of is not waited for. */
const PATIENCE = 3000;

/**
 * Resolves when no restart of the kernel is under way, or after a while. Jupyter answers a change of the kernel in the
 * middle of a restart with an error of its own (jupyter_client's `_async_shutdown_kernel` reads a result that is not there
 * yet), which Lab shows as a dialog.
 */
export function restartOver({ session, statusChanged }: ISessionContext): Promise<void> {
  const restarting = (): boolean => /restarting$/.test(session?.kernel?.status ?? '');
  if (!restarting()) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      statusChanged.disconnect(look);
      resolve();
    };
    const look = (): void => {
      if (!restarting()) end();
    };
    const timer = setTimeout(end, PATIENCE);
    statusChanged.connect(look);
  });
}
