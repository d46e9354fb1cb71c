import type { Resources } from '@berth/schema';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import type { IBerth } from '../berth.ts';
import { chooseResources } from '../choice/choose.ts';
import type { Choice } from '../model/remembered-choices.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { offerKernel } from './offer-kernel.ts';

export interface NewNotebook {
  /** name of a kernelspec, written or not */
  readonly kernel: string;
  readonly displayName: string;
  /** where the notebook is made, as the contents API names it */
  readonly folder: string;
  /** ask for the resources also where a choice is remembered */
  readonly ask: boolean;
}

/**
 * A new notebook with a kernel of ours: choose the resources, make the file, agree to the job, open it. In that order, so
 * that the launch finds the person's word and starts at once, and nothing is left behind when the choice is cancelled.
 * @returns the notebook's widget, or undefined when the person did not want it or it failed (then said)
 */
export async function newNotebook(berth: IBerth, wanted: NewNotebook): Promise<Widget | undefined> {
  const { app, trans } = berth;
  const { kernel, displayName, folder } = wanted;
  try {
    const session = await berth.session();
    const { client } = session;
    const choice = await choose(session, trans, wanted);
    if (!choice) return undefined;
    const { resources, profile } = choice;

    if (!app.serviceManager.kernelspecs.specs?.kernelspecs[kernel]) await offerKernel(berth, session, kernel);
    const keepInFile = berth.settings.values.writeResources !== 'never';
    const path = await writeNotebook(
      berth,
      { kernel, displayName, folder },
      keepInFile ? resources : undefined,
    );
    if (resources !== undefined) {
      const local = app.serviceManager.contents.localPath(path);
      await client.call('setWish', {
        body: { path: local, kernel, resources, ...(profile ? { profile } : {}) },
      });
    }
    void berth.recent.use(kernel);
    return (await app.commands.execute('docmanager:open', {
      path,
      factory: 'Notebook',
      kernel: { name: kernel },
    })) as Widget | undefined;
  } catch (error) {
    void showProblem(error, trans.__('The notebook could not be started'), trans);
    return undefined;
  }
}

/** What is remembered, or what the person says now, none where there is nothing to choose; undefined when they cancel. */
async function choose(
  { client, choices }: Session,
  trans: TranslationBundle,
  { kernel, displayName, ask }: NewNotebook,
): Promise<Partial<Choice> | undefined> {
  if (!ask) {
    // the kernel starts in the job that JupyterLab runs in: there is no other one to agree to
    if ((await client.call('profiles')).ownJob !== undefined) return {};
    const remembered = await choices.of(kernel);
    if (remembered) return remembered;
  }
  const choice = await chooseResources(client, trans, {
    title: displayName,
    kernel,
    path: '',
    metadata: undefined,
    start: trans.__('Start'),
    rememberLabel: trans.__("Don't ask again for this kernel"),
  });
  if (choice?.remember) await choices.keep(kernel, { resources: choice.resources, profile: choice.profile });
  else if (choice && ask) await choices.forget(kernel);
  return choice;
}

/** An untitled notebook that names its kernel, and the resources that it was made with. Returns its path. */
async function writeNotebook(
  { app }: IBerth,
  { kernel, displayName, folder }: Omit<NewNotebook, 'ask'>,
  resources: Resources | undefined,
): Promise<string> {
  const { contents, kernelspecs } = app.serviceManager;
  const { path } = await contents.newUntitled({ path: folder, type: 'notebook' });
  const spec = kernelspecs.specs?.kernelspecs[kernel];
  await contents.save(path, {
    type: 'notebook',
    format: 'json',
    content: {
      cells: [],
      metadata: {
        kernelspec: {
          name: kernel,
          display_name: spec?.display_name ?? displayName,
          language: spec?.language ?? '',
        },
        ...(resources ? { berth: { resources } } : {}),
      },
      nbformat: 4,
      nbformat_minor: 5,
    },
  });
  return path;
}
