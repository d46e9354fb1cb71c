import { assertNever } from '@berth/schema';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ServerProblem } from '../client/server-problem.ts';

export interface ProblemWords {
  readonly sentence: string;
  /** what to do; may be empty */
  readonly hint: string;
}

/** A problem for people. What the server says is said as it is, in English; what only this side can know is translated. */
export function problemWords(problem: ServerProblem, trans: TranslationBundle): ProblemWords {
  switch (problem.own) {
    case undefined:
      return { sentence: problem.message, hint: problem.hint };
    case 'unreachable':
      return {
        sentence: trans.__("Berth's server beside JupyterLab does not answer."),
        hint: trans.__('Running kernels are not affected. Try again in a moment.'),
      };
    case 'logged-out':
      return {
        sentence: trans.__('Jupyter asks for your login again.'),
        hint: trans.__('Reload this page and log in. Running kernels are not affected.'),
      };
    case 'not-installed':
      return {
        sentence: trans.__("Berth's part of the Jupyter server is not there."),
        hint: trans.__(
          'Look whether `jupyter server extension list` shows jupyter_berth as enabled, then restart the Jupyter server.',
        ),
      };
    case 'unreadable':
      return {
        sentence: trans.__("Berth's server gave an answer that is not in order (%1).", problem.message),
        hint: trans.__('Reload this page: it may be older than the server.'),
      };
    default:
      return assertNever(problem.own);
  }
}

/** Sentence and hint in one line. */
export function problemLine(problem: ServerProblem, trans: TranslationBundle): string {
  const { sentence, hint } = problemWords(problem, trans);
  return `${sentence} ${hint}`.trim();
}
