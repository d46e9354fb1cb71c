import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { allocationsPlugin } from './plugins/allocations-plugin.ts';
import { basePlugin } from './plugins/base-plugin.ts';
import { jobsPlugin } from './plugins/jobs-plugin.ts';
import { kernelsPlugin } from './plugins/kernels-plugin.ts';
import { launcherPlugin } from './plugins/launcher-plugin.ts';
import { notebooksPlugin } from './plugins/notebooks-plugin.ts';
import { statusPlugin } from './plugins/status-plugin.ts';

export { CommandIDs } from './command-ids.ts';

/** Each can be turned off by itself (`jupyter labextension disable jupyter-berth:launcher`), all but the first. */
const plugins: readonly JupyterFrontEndPlugin<unknown>[] = [
  basePlugin,
  launcherPlugin,
  kernelsPlugin,
  notebooksPlugin,
  statusPlugin,
  allocationsPlugin,
  jobsPlugin,
];
export default plugins;
