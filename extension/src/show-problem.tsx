import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { asProblem } from './client/server-problem.ts';
import { problemWords } from './words/problem-words.ts';

/** Tell a failure in a dialog: what, why, what to do. */
export async function showProblem(error: unknown, title: string, trans: TranslationBundle): Promise<void> {
  const { sentence, hint } = problemWords(asProblem(error), trans);
  await showDialog({
    title,
    body: (
      <div role="alert">
        <p>{sentence}</p>
        {hint && <p className="jp-Berth-hint">{hint}</p>}
      </div>
    ),
    buttons: [Dialog.okButton({ label: trans.__('Close') })],
  });
}
