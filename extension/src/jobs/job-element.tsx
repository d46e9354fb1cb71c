import type { JobElement, JobView } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { elapsedWords, isOver, jobStateWords, parameterWords, wrongWords } from '../words/job-words.ts';
import type { JobActions } from './job-actions.ts';

interface ElementProps {
  readonly job: JobView;
  readonly element: JobElement;
  readonly actions: JobActions;
  readonly trans: TranslationBundle;
}

/** One run of a sweep: its parameters, how it stands, why. */
export function ElementRow({
  job,
  element,
  now,
  actions,
  trans,
}: ElementProps & { readonly now: number }): JSX.Element {
  const { index, state, node } = element;
  const place = [node, elapsedWords(element, now, trans)].filter(Boolean).join(' · ');
  return (
    <li data-element={index}>
      <div className="jp-Berth-jobHead">
        <span className="jp-Berth-jobTitle" title={parameterWords(element)}>
          {trans.__('Run %1', index)}: {parameterWords(element)}
        </span>
        <span className="jp-Berth-mark" data-state={state}>
          {jobStateWords(state, trans)}
        </span>
      </div>
      {place !== '' && <p className="jp-Berth-jobHolds">{place}</p>}
      <ElementButtons job={job} element={element} actions={actions} trans={trans} />
    </li>
  );
}

/** What went wrong with one run, and the ways to its output and log. */
export function ElementButtons({ job, element, actions, trans }: ElementProps): JSX.Element {
  const wrong = wrongWords(element, trans);
  const failed = element.state === 'failed' || element.state === 'timed-out';
  return (
    <>
      {wrong !== undefined && <p className={failed ? 'jp-Berth-problem' : 'jp-Berth-jobWhy'}>{wrong}</p>}
      {element.attempts > 1 && <p className="jp-Berth-jobWhy">{trans.__('Attempt %1', element.attempts)}</p>}
      <div className="jp-Berth-jobButtons">
        {element.output && (
          <button
            type="button"
            className="jp-Berth-button"
            onClick={() => void actions.openOutput(job, element.index)}
          >
            {trans.__('Open output')}
          </button>
        )}
        <button type="button" className="jp-Berth-button" onClick={() => actions.showLog(job, element.index)}>
          {trans.__('Log')}
        </button>
        {job.sweep !== undefined && !isOver(element.state) && (
          <button
            type="button"
            className="jp-Berth-button"
            aria-label={trans.__('Cancel run %1', element.index)}
            onClick={() => void actions.cancelElement(job, element.index)}
          >
            {trans.__('Cancel')}
          </button>
        )}
      </div>
    </>
  );
}
