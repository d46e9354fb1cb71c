import type { JobDetail, JobView } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';
import { asProblem } from '../client/server-problem.ts';
import type { Session } from '../session.ts';
import type { JobActions } from './job-actions.ts';
import { ElementRow } from './job-element.tsx';

interface SweepElementsProps {
  readonly job: JobView;
  readonly now: number;
  readonly actions: JobActions;
  readonly session: Session;
  readonly trans: TranslationBundle;
}

/** So many rows are drawn; a sweep may have thousands. */
const MOST_ROWS = 200;

/** All runs of a sweep, folded; read when they are unfolded, and again whenever the job moves on. */
export function SweepElements({ job, now, actions, session, trans }: SweepElementsProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const [detail, setDetail] = useState<JobDetail>();
  const [problem, setProblem] = useState<string>();
  const news = JSON.stringify(job);
  useEffect(() => {
    if (!open) return undefined;
    let wanted = true;
    session.client.call('job', { params: { id: job.id } }).then(
      (read) => {
        if (!wanted) return;
        setDetail(read);
        setProblem(undefined);
      },
      (error: unknown) => wanted && setProblem(asProblem(error).message),
    );
    return () => {
      wanted = false;
    };
  }, [open, news, job.id, session]);
  const elements = detail?.elements ?? [];
  const total = Object.values(job.counts).reduce((sum, count) => sum + count, 0);
  return (
    <details className="jp-Berth-sweep" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{trans._n('All %1 run', 'All %1 runs', total)}</summary>
      {problem && (
        <p className="jp-Berth-problem" role="alert">
          {problem}
        </p>
      )}
      <ul className="jp-Berth-elements" aria-label={trans.__('All runs')}>
        {elements.slice(0, MOST_ROWS).map((element) => (
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
      {elements.length > MOST_ROWS && (
        <p className="jp-Berth-hint">
          {trans.__('The first %1 are shown; "berth notebook show %2" tells of all.', MOST_ROWS, job.id)}
        </p>
      )}
    </details>
  );
}
