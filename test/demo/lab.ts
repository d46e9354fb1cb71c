import { labUp, type Lab } from '../jupyter/lab-server.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { examples } from './examples.ts';
import { offeredKernels } from './offered-kernels.ts';
import type { Site } from './site.ts';

/** JupyterLab of the demo's person, with example notebooks; on the cluster, as it would run on a login host. */
export async function openLab(
  { cluster, person }: Site,
  { signal }: { readonly signal: AbortSignal },
): Promise<Lab> {
  const kernels = await offeredKernels(person, venvProgram('jupyter'), signal);
  return labUp({
    user: person,
    baseUrl: '/',
    // removed with the cluster's, also by its janitor
    parent: cluster.dir,
    files: await examples(kernels),
    config: {
      LabApp: { expose_app_in_browser: false },
      // a job may wait in the queue, and the first start of an image makes it ready
      MappingKernelManager: { kernel_info_timeout: 3600 },
    },
    signal,
  });
}
