import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { BerthClient } from '../client/client.ts';
import type { Choice } from '../model/remembered-choices.ts';
import { preselect } from '../model/preselection.ts';
import { ChoiceDialog } from './choice-dialog.ts';
import { ChoiceForm } from './choice-form.tsx';

export interface Question {
  /** what is to be started, for the title */
  readonly title: string;
  readonly kernel: string;
  /** of the notebook; empty for one that is still to be made */
  readonly path: string;
  /** the notebook's own metadata, which may ask for resources */
  readonly metadata: unknown;
  /** what the button says */
  readonly start: string;
  /** offers to remember the choice, in these words */
  readonly rememberLabel?: string;
}

/**
 * Ask the person for the resources of a start.
 * @returns undefined when cancelled, and where nothing can be chosen, which is said
 * @throws ServerProblem when the server cannot say what there is to choose from
 */
export async function chooseResources(
  client: BerthClient,
  trans: TranslationBundle,
  question: Question,
): Promise<(Choice & { readonly remember: boolean }) | undefined> {
  const { kernel, path, metadata, title, start, rememberLabel } = question;
  const [{ profiles, ownJob }, standing] = await Promise.all([
    client.call('profiles'),
    client.call('wish', { query: { path, kernel } }),
  ]);
  if (ownJob !== undefined) {
    await showOwnJob(title, ownJob, trans);
    return undefined;
  }
  const form = new ChoiceForm({ profiles, preselection: preselect(standing, metadata, profiles), trans });
  const dialog = new ChoiceDialog({
    title: trans.__('Resources for %1', title),
    body: form,
    buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.okButton({ label: start })],
    checkbox: rememberLabel === undefined ? null : { label: rememberLabel, checked: false },
  });
  const { button, value, isChecked } = await dialog.launch();
  return button.accept && value ? { ...value, remember: isChecked === true } : undefined;
}

/** Nothing can be chosen where kernels start in the job that JupyterLab runs in. */
async function showOwnJob(title: string, job: string, trans: TranslationBundle): Promise<void> {
  await showDialog({
    title: trans.__('Resources for %1', title),
    body: trans.__(
      'This JupyterLab runs in job %1, and so do its kernels: they share what that job has. For more, start JupyterLab in a larger job, or run the notebook as a job of its own.',
      job,
    ),
    buttons: [Dialog.okButton({ label: trans.__('OK') })],
  });
}
