import type { AllocationView } from '@berth/schema/rest';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { BerthClient } from '../client/client.ts';
import { showProblem } from '../show-problem.tsx';

/** End a job, after the person has said so twice: kernels lose what they hold in memory. */
export async function endAllocation(
  client: BerthClient,
  { allocation: { jobId }, kernels }: AllocationView,
  trans: TranslationBundle,
): Promise<void> {
  const { button } = await showDialog({
    title: trans.__('End job %1?', jobId),
    body:
      kernels.length === 0
        ? trans.__('Its nodes are given back.')
        : trans._n(
            '%1 kernel ends with it, and all that it holds in memory: %2.',
            '%1 kernels end with it, and all that they hold in memory: %2.',
            kernels.length,
            kernels.map(({ path, displayName }) => path || displayName).join(', '),
          ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('End the job') }),
    ],
    defaultButton: 0,
  });
  if (!button.accept) return;
  try {
    await client.call('endAllocation', { params: { jobId } });
  } catch (error) {
    await showProblem(error, trans.__('The job could not be ended'), trans);
  }
}
