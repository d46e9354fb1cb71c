import { useEffect, useMemo, useState } from 'react';
import type { IBerth } from '../berth.ts';
import { filterKernels, type KernelFilter, languagesOf, NO_FILTER } from '../model/kernel-filter.ts';
import type { StoreChange } from '../model/store.ts';
import { ProblemNotice } from '../problem-notice.tsx';
import type { Session } from '../session.ts';
import { useSignals } from '../use-signal.ts';
import { FilterBar } from './filter-bar.tsx';
import { GalleryEmpty } from './gallery-empty.tsx';
import { galleryActions } from './gallery-actions.ts';
import { KernelDetails } from './kernel-details.tsx';
import { KernelRows } from './kernel-rows.tsx';
import { ScanBar } from './scan-bar.tsx';
import { TroublesView } from './troubles-view.tsx';
import { useTroubles } from './use-troubles.ts';

export interface GalleryProps {
  readonly berth: IBerth;
  readonly session: Session;
}

/** List and search on the left, what is known of the chosen kernel on the right. */
export function GalleryView({ berth, session }: GalleryProps): JSX.Element {
  const { catalogue } = session;
  const { trans } = berth;
  useSignals(catalogue.changed);
  const [filter, setFilter] = useState<KernelFilter>(NO_FILTER);
  const [chosen, setChosen] = useState<string>();
  const [troubles, setTroubles] = useState(false);
  const { kernels, total, problem } = catalogue;
  const told = useTroubles(session);
  useReadAfterScan(session);
  const shown = useMemo(() => filterKernels(kernels, filter), [kernels, filter]);
  const languages = useMemo(() => languagesOf(kernels), [kernels]);
  const actions = useMemo(() => galleryActions(berth, session), [berth, session]);
  const entry = shown.find(({ name }) => name === chosen);
  const choose = (name: string): void => {
    setTroubles(false);
    setChosen(name);
  };
  return (
    <>
      <header className="jp-Berth-galleryHead">
        <FilterBar filter={filter} languages={languages} trans={trans} onChange={setFilter} />
        <ScanBar
          session={session}
          trans={trans}
          toldAlready={problem?.message}
          troubles={told.troubles ? told.troubles.sources.length + told.troubles.images.length : 0}
          troublesShown={troubles}
          onTroubles={() => setTroubles(!troubles)}
        />
        <p className="jp-Berth-count" role="status">
          {total === undefined
            ? !problem && trans.__('Reading the catalogue…')
            : shown.length === kernels.length && kernels.length === total
              ? trans._n('%1 kernel', '%1 kernels', total)
              : trans.__('%1 of %2 kernels', shown.length, total)}
        </p>
      </header>
      {problem && (
        <ProblemNotice
          problem={problem}
          trans={trans}
          onTryAgain={() => {
            void catalogue.read();
            session.store.tryAgain();
          }}
        />
      )}
      <div className="jp-Berth-galleryBody">
        {shown.length === 0 && total !== undefined ? (
          <GalleryEmpty
            filtered={total > 0}
            troubles={told.troubles}
            trans={trans}
            onClear={() => setFilter(NO_FILTER)}
          />
        ) : (
          <KernelRows
            kernels={shown}
            chosen={chosen}
            trans={trans}
            onChoose={choose}
            onStart={(one) => void actions.start(one)}
          />
        )}
        {troubles ? (
          <TroublesView told={told} trans={trans} onClose={() => setTroubles(false)} />
        ) : (
          entry && (
            <KernelDetails key={entry.name} entry={entry} actions={actions} session={session} trans={trans} />
          )
        )}
      </div>
    </>
  );
}

/** What kept the catalogue from being read (the configuration) may be another thing once somebody has had it looked at again. */
function useReadAfterScan({ catalogue, store }: Session): void {
  useEffect(() => {
    const listener = (_: unknown, { of }: StoreChange): void => {
      if (of === 'scan' && store.scan?.state !== 'running' && catalogue.problem) void catalogue.read();
    };
    store.changed.connect(listener);
    return () => {
      store.changed.disconnect(listener);
    };
  }, [catalogue, store]);
}
