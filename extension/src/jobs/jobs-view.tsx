import { useState } from 'react';
import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';
import { useSignals, useTicker } from '../use-signal.ts';
import { isOver } from '../words/job-words.ts';
import { JobActions } from './job-actions.ts';
import { JobCard } from './job-card.tsx';

interface JobsProps {
  readonly berth: IBerth;
  readonly session: Session;
}

/** So many are shown at first: the list keeps those of years. */
const SHOWN = 20;

/** Notebooks that were submitted as batch jobs, newest first. */
export function JobsView({ berth, session }: JobsProps): JSX.Element {
  const { store, client, ticker } = session;
  const { trans } = berth;
  const [all, setAll] = useState(false);
  useSignals(store.changed);
  const jobs = store.jobs ?? [];
  useTicker(
    ticker,
    jobs.some(({ state }) => !isOver(state)),
  );
  const shown = all ? jobs : jobs.slice(0, SHOWN);
  const actions = new JobActions(berth, session);
  return (
    <section aria-label={trans.__('Submitted notebooks')}>
      <header className="jp-Berth-panelHead jp-Berth-jobsHead">
        <h2>{trans.__('Submitted notebooks')}</h2>
      </header>
      {store.jobs !== undefined && jobs.length === 0 && (
        <p className="jp-Berth-empty jp-Berth-hint">
          {trans.__(
            'The ship in a notebook\'s toolbar, or "Run as a Job…" in the file browser, runs a notebook without you; it is shown here.',
          )}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="jp-Berth-jobs" aria-label={trans.__('Submitted notebooks')}>
          {shown.map((job) => (
            <JobCard
              key={job.id}
              job={job}
              now={client.clock.now()}
              actions={actions}
              session={session}
              trans={trans}
            />
          ))}
        </ul>
      )}
      {shown.length < jobs.length && (
        <div className="jp-Berth-empty">
          <button type="button" className="jp-Berth-button" onClick={() => setAll(true)}>
            {trans.__('Show all %1', jobs.length)}
          </button>
        </div>
      )}
    </section>
  );
}
