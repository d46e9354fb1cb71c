import type { JobView } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { stopIcon } from '@jupyterlab/ui-components';
import { useState } from 'react';
import type { Session } from '../session.ts';
import { clockTime } from '../words/clock-time.ts';
import { countWords, elapsedWords, isOver, jobStateWords } from '../words/job-words.ts';
import { resourcesWords } from '../words/resources-words.ts';
import type { JobActions } from './job-actions.ts';
import { ElementButtons, ElementRow } from './job-element.tsx';
import { SweepElements } from './sweep-elements.tsx';

interface JobCardProps {
  readonly job: JobView;
  /** milliseconds since 1970 at the server */
  readonly now: number;
  readonly actions: JobActions;
  readonly session: Session;
  readonly trans: TranslationBundle;
}

/** One notebook that was submitted: how it stands, and what can be done about it. */
export function JobCard({ job, now, actions, session, trans }: JobCardProps): JSX.Element {
  const { id, jobId, name, state, submitted, sweep, shown, kernel, resources } = job;
  // Slurm may take its time, and who presses again wants one job
  const [submitting, setSubmitting] = useState(false);
  const over = isOver(state);
  const [only] = sweep === undefined ? shown : [];
  const elapsed = only && elapsedWords(only, now, trans);
  const cells = only?.cells;
  return (
    <li className="jp-Berth-job" data-batch={id} aria-label={trans.__('Job of %1', name)}>
      <div className="jp-Berth-jobHead">
        <strong className="jp-Berth-jobTitle" title={job.path ?? name}>
          {name}
        </strong>
        <span className="jp-Berth-mark" data-state={state}>
          {jobStateWords(state, trans)}
        </span>
        {!over && (
          <button
            type="button"
            className="jp-Berth-iconButton"
            aria-label={trans.__('Cancel the job of %1', name)}
            title={trans.__('Cancel this job')}
            onClick={() => void actions.cancel(job)}
          >
            <stopIcon.react tag="span" className="jp-Berth-icon" />
          </button>
        )}
      </div>
      <p className="jp-Berth-jobHolds">
        {[
          jobId && trans.__('Job %1', jobId),
          clockTime(submitted, now),
          only?.node,
          elapsed,
          cells && !over && trans.__('cell %1 of %2', cells.done, cells.total),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <p className="jp-Berth-jobHolds">
        {kernel.displayName} · {resourcesWords(resources, trans)}
      </p>
      {cells !== undefined && !over && cells.total > 0 && (
        <progress
          className="jp-Berth-progress"
          aria-label={trans.__('Cells that are done')}
          max={cells.total}
          value={cells.done}
        />
      )}
      {sweep !== undefined && (
        <p>
          {sweep}: {countWords(job, trans)}
        </p>
      )}
      {sweep !== undefined && shown.length > 0 && (
        <ul className="jp-Berth-elements" aria-label={trans.__('Runs that went wrong')}>
          {shown.map((element) => (
            <ElementRow
              key={element.index}
              job={job}
              element={element}
              now={now}
              actions={actions}
              trans={trans}
            />
          ))}
        </ul>
      )}
      {sweep !== undefined && (
        <SweepElements job={job} now={now} actions={actions} session={session} trans={trans} />
      )}
      {only !== undefined && <ElementButtons job={job} element={only} actions={actions} trans={trans} />}
      {over && (
        <div className="jp-Berth-jobButtons">
          <button
            type="button"
            className="jp-Berth-button"
            disabled={submitting}
            onClick={() => {
              setSubmitting(true);
              void actions.again(job).finally(() => setSubmitting(false));
            }}
          >
            {submitting ? trans.__('Submitting…') : trans.__('Submit again')}
          </button>
          <button
            type="button"
            className="jp-Berth-button"
            aria-label={trans.__('Remove the job of %1', name)}
            onClick={() => void actions.remove(job)}
          >
            {trans.__('Remove')}
          </button>
        </div>
      )}
    </li>
  );
}
