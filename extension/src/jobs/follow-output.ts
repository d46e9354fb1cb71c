import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { Session } from '../session.ts';
import { DRIVE, outputOf } from './output-drive.ts';

/** A notebook that is only looked at: a kernel for it would join a job, or ask for one. */
export const NO_KERNEL = { shouldStart: false, canStart: false, autoStartDefault: false } as const;

/**
 * A notebook that has just been opened, however: by us, by hand, or again with the page. If it is the output of a run it gets no kernel,
 * and is read anew whenever the run has got further.
 */
export function followOutput(
  panel: NotebookPanel,
  contents: Pick<Contents.IManager, 'get'>,
  session: () => Promise<Session>,
): void {
  const { context } = panel;
  // a file of the person's may be in a directory of such a name
  const of = context.path.startsWith(`${DRIVE}:`) ? outputOf(context.path) : undefined;
  if (of === undefined) return;
  const { sessionContext } = context;
  sessionContext.kernelPreference = { ...sessionContext.kernelPreference, ...NO_KERNEL };
  void session().then((ready) => {
    if (!panel.isDisposed) follow(panel, contents, ready, of.id);
  });
}

function follow(
  panel: NotebookPanel,
  contents: Pick<Contents.IManager, 'get'>,
  session: Session,
  id: string,
): void {
  const { context } = panel;
  let seen = newsOf(session, id);
  let reading = false;
  // not Lab's own way to read it anew, which asks the person about each failure; what could not be read is read with the next news
  const show = async (): Promise<void> => {
    const model = await contents.get(context.path, {
      type: 'notebook',
      content: true,
    });
    if (panel.isDisposed) return;
    context.model.fromJSON(model.content as Parameters<typeof context.model.fromJSON>[0]);
    context.model.dirty = false;
  };
  // one reading at a time; what came meanwhile is read after it
  const read = (): void => {
    const news = newsOf(session, id);
    // of one that was removed what is shown stays
    if (news === undefined || news === seen || reading || !context.isReady || panel.isDisposed) return;
    reading = true;
    show()
      .then(
        () => (seen = news),
        () => undefined,
      )
      .finally(() => {
        reading = false;
        if (newsOf(session, id) !== news) read();
      });
  };
  session.store.changed.connect(read);
  void context.ready.then(read);
  panel.disposed.connect(() => session.store.changed.disconnect(read));
}

/** How far the job is. A sweep does not tell it for each run: any news of it may be of this one. */
const newsOf = ({ store }: Session, id: string): string | undefined => {
  const job = store.jobs?.find((one) => one.id === id);
  return job && JSON.stringify(job);
};
