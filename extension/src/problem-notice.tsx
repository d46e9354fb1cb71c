import type { TranslationBundle } from '@jupyterlab/translation';
import type { ServerProblem } from './client/server-problem.ts';
import { problemWords } from './words/problem-words.ts';

interface ProblemNoticeProps {
  readonly problem: ServerProblem;
  readonly trans: TranslationBundle;
  readonly onTryAgain: () => void;
}

/** Why there is nothing to see, or nothing new, and the way to ask once more. */
export function ProblemNotice({ problem, trans, onTryAgain }: ProblemNoticeProps): JSX.Element {
  const { sentence, hint } = problemWords(problem, trans);
  return (
    <div className="jp-Berth-stale" role="alert">
      <p>
        <strong>{sentence}</strong> {hint}
      </p>
      <button type="button" className="jp-Berth-button" onClick={onTryAgain}>
        {trans.__('Try again')}
      </button>
    </div>
  );
}
