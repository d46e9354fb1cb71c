import { Dialog, Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { IBerth } from '../berth.ts';
import { ChoiceDialog } from '../choice/choice-dialog.ts';
import { ChoiceForm } from '../choice/choice-form.tsx';
import { CommandIDs } from '../command-ids.ts';
import { readKernelMetadata } from '../kernel-metadata.ts';
import { preselect } from '../model/preselection.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { newJobId } from './job-id.ts';
import { type KernelChoice, RunFields } from './run-fields.tsx';
import { RunForm, type RunOrder } from './run-form.ts';

/** A notebook to be run: its path as Jupyter names it, and what its file says of itself. */
export interface NotebookToRun {
  readonly path: string;
  readonly metadata: unknown;
}

/** Asks with what a notebook shall be run, and submits it. A failure is told in a dialog. */
export async function runAsJob(berth: IBerth, notebook: NotebookToRun): Promise<void> {
  const { app, trans } = berth;
  try {
    const session = await berth.session();
    const order = await askOrder(berth, session, notebook);
    if (order === undefined) return;
    const name = notebook.path.split('/').pop() ?? notebook.path;
    const note = Notification.emit(trans.__('%1 is being submitted…', name), 'in-progress', {
      autoClose: false,
    });
    const call = session.client.call('submitJob', {
      params: { id: newJobId() },
      body: { path: notebook.path, ...order },
    });
    const job = await call.catch((error: unknown) => {
      Notification.dismiss(note);
      throw error;
    });
    Notification.update({
      id: note,
      type: 'success',
      message: trans.__('%1 was submitted as job %2', job.name, job.jobId ?? '?'),
      autoClose: 5000,
    });
    await app.commands.execute(CommandIDs.showAllocations);
  } catch (error) {
    await showProblem(error, trans.__('The notebook was not submitted'), trans);
  }
}

async function askOrder(
  berth: IBerth,
  { client }: Session,
  { path, metadata }: NotebookToRun,
): Promise<RunOrder | undefined> {
  const { app, trans } = berth;
  const kernels = kernelsOf(berth);
  const own = kernelNameIn(metadata);
  const kernel = kernels.find(({ name }) => name === own)?.name;
  const asked = kernel ?? kernels[0]?.name;
  if (asked === undefined)
    throw new Error(trans.__('No container is offered yet: look into "All containers…".'));
  const [{ profiles }, standing, sweeps] = await Promise.all([
    client.call('profiles'),
    client.call('wish', { query: { path, kernel: asked } }),
    sweepsBeside(app.serviceManager.contents, path),
  ]);
  const choice = new ChoiceForm({ profiles, preselection: preselect(standing, metadata, profiles), trans });
  const form = new RunForm(choice, new RunFields({ kernels, kernel, sweeps, trans }));
  const dialog = new ChoiceDialog<RunOrder | undefined>({
    title: trans.__('Run %1 as a job', path.split('/').pop() ?? path),
    body: form,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Submit') }),
    ],
  });
  const { button, value } = await dialog.launch();
  return button.accept && value ? value : undefined;
}

/** Kernels of Berth that Jupyter offers, by what people call them. */
function kernelsOf({ app }: IBerth): readonly KernelChoice[] {
  const specs = Object.entries(app.serviceManager.kernelspecs.specs?.kernelspecs ?? {});
  return specs
    .flatMap(([name, spec]) =>
      spec && readKernelMetadata(spec) ? [{ name, displayName: spec.display_name }] : [],
    )
    .sort((a, b) => a.displayName.localeCompare(b.displayName));
}

function kernelNameIn(metadata: unknown): string | undefined {
  const { kernelspec } = (metadata ?? {}) as { kernelspec?: { name?: unknown } };
  return typeof kernelspec?.name === 'string' ? kernelspec.name.toLowerCase() : undefined;
}

/** CSV files in the notebook's directory; none when that cannot be listed. */
async function sweepsBeside(contents: Contents.IManager, path: string): Promise<readonly string[]> {
  const folder = path.split('/').slice(0, -1).join('/');
  const listed = await contents.get(folder).catch(() => undefined);
  const content: unknown = listed?.content;
  // the contents API says so of a directory; its type does not
  const files = Array.isArray(content) ? (content as readonly Contents.IModel[]) : [];
  return files.filter(({ name, type }) => type === 'file' && name.endsWith('.csv')).map((file) => file.path);
}
