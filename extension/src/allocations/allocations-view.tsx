import type { AllocationView } from '@berth/schema/rest';
import { useEffect, useRef } from 'react';
import type { IBerth } from '../berth.ts';
import { unreachable } from '../client/server-problem.ts';
import { CommandIDs } from '../command-ids.ts';
import type { Session } from '../session.ts';
import { useFocusHandedOn } from '../use-focus-handed-on.ts';
import { useSignals, useTicker } from '../use-signal.ts';
import { clockTime } from '../words/clock-time.ts';
import { problemLine } from '../words/problem-words.ts';
import { AllocationCard } from './allocation-card.tsx';
import { endAllocation } from './end-allocation.ts';

interface AllocationsProps {
  readonly berth: IBerth;
  readonly session: Session;
}

export function AllocationsView({ berth, session }: AllocationsProps): JSX.Element {
  const { store, client, ticker } = session;
  const { trans, app } = berth;
  useSignals(store.changed);
  const list = store.allocations;
  const jobs = list?.allocations ?? [];
  useTicker(ticker, jobs.length > 0 || store.link === 'down');
  const root = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const drawn = useRef<readonly (string | undefined)[]>([]);
  useFocusHandedOn(root, (gone) => {
    const at = drawn.current.indexOf(gone.closest<HTMLElement>('[data-job]')?.dataset['job']);
    const cards = root.current?.querySelectorAll<HTMLElement>('[data-job]') ?? [];
    const next = at < 0 ? undefined : cards[Math.min(at, cards.length - 1)];
    (next ?? heading.current)?.focus();
  });
  useEffect(() => {
    drawn.current = jobs.map(({ allocation }) => allocation.jobId);
  });
  const end = async (view: AllocationView): Promise<void> => {
    await endAllocation(client, view, trans);
    // the job may have ended while the question was open: then its button is not there to get the focus back
    if (document.activeElement === document.body) heading.current?.focus();
  };
  const problem = store.problem ?? (store.lost ? unreachable(undefined) : undefined);
  const stale = list?.stale ?? (problem && problemLine(problem, trans));
  return (
    <div ref={root}>
      <header className="jp-Berth-panelHead">
        <h2 ref={heading} tabIndex={-1}>
          {trans.__('Jobs of your kernels')}
        </h2>
      </header>
      {stale !== undefined && (
        <div className="jp-Berth-stale" role="status">
          <strong>{trans.__('Not up to date.')}</strong> {stale}{' '}
          {list?.at !== undefined && trans.__('As of %1.', clockTime(list.at) ?? list.at)}{' '}
          {problem && (
            <button type="button" className="jp-Berth-button" onClick={() => store.tryAgain()}>
              {trans.__('Try again')}
            </button>
          )}
        </div>
      )}
      {list === undefined && stale === undefined && (
        <p className="jp-Berth-empty" role="status">
          {trans.__('Asking…')}
        </p>
      )}
      {list !== undefined && jobs.length === 0 && (
        <div className="jp-Berth-empty">
          <p>{trans.__('No job of yours runs or waits.')}</p>
          <p className="jp-Berth-hint">
            {trans.__(
              'When you start a notebook in a container, its job is shown here: nodes, CPUs, memory, time left.',
            )}
          </p>
          <button
            type="button"
            className="jp-Berth-button jp-mod-accept"
            onClick={() => void app.commands.execute(CommandIDs.openGallery)}
          >
            {trans.__('All containers…')}
          </button>
        </div>
      )}
      {jobs.length > 0 && (
        <ul className="jp-Berth-jobs" aria-label={trans.__('Jobs')}>
          {jobs.map((view) => (
            <AllocationCard
              key={view.allocation.jobId}
              view={view}
              at={list?.at}
              now={client.clock.now()}
              warnBelow={berth.settings.values.warnMinutes * 60}
              trans={trans}
              onOpen={(path) => void app.commands.execute('docmanager:open', { path })}
              onEnd={() => void end(view)}
            />
          ))}
        </ul>
      )}
    </div>
  );
}
