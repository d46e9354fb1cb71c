import type { AllocationList, AllocationView } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { stopIcon } from '@jupyterlab/ui-components';
import { allocationStateWords } from '../words/allocation-state-words.ts';
import { clockTime } from '../words/clock-time.ts';
import { durationWords } from '../words/duration.ts';
import { gresWords, memoryWords } from '../words/resources-words.ts';
import { secondsLeft } from '../words/time-left.ts';

interface AllocationCardProps {
  readonly view: AllocationView;
  readonly at: AllocationList['at'];
  /** milliseconds since 1970 at the server */
  readonly now: number;
  /** seconds left below which the time left is a warning */
  readonly warnBelow: number;
  readonly trans: TranslationBundle;
  readonly onOpen: (path: string) => void;
  readonly onEnd: () => void;
}

/** One job: what it holds, how long, who is on it. */
export function AllocationCard(props: AllocationCardProps): JSX.Element {
  const { view, at, now, warnBelow, trans, onOpen, onEnd } = props;
  const { allocation, name, why, memory, gres, kernels } = view;
  const { jobId, state, nodes, partition, cpus, estimatedStart } = allocation;
  const left = secondsLeft(view, at, now);
  const start = state === 'PENDING' && estimatedStart ? clockTime(estimatedStart, now) : undefined;
  return (
    // the focus comes here when the card before has gone, not to the button that ends this job as well
    <li className="jp-Berth-job" data-job={jobId} tabIndex={-1} aria-label={trans.__('Job %1', jobId)}>
      <div className="jp-Berth-jobHead">
        <strong className="jp-Berth-jobTitle" title={name}>
          {trans.__('Job %1', jobId)}
        </strong>
        <span className="jp-Berth-mark" data-state={state}>
          {allocationStateWords(state, trans)}
        </span>
        {!view.own && (
          <button
            type="button"
            className="jp-Berth-iconButton"
            aria-label={trans.__('End job %1', jobId)}
            title={trans.__('End this job')}
            onClick={onEnd}
          >
            <stopIcon.react tag="span" className="jp-Berth-icon" />
          </button>
        )}
      </div>
      {view.own && <p className="jp-Berth-jobHolds">{trans.__('This JupyterLab runs in it.')}</p>}
      {why !== '' && <p className="jp-Berth-jobWhy">{why}</p>}
      {start && <p className="jp-Berth-jobWhy">{trans.__('Expected to start at %1.', start)}</p>}
      <p className="jp-Berth-jobHolds">
        {[
          nodes,
          trans._n('%1 CPU', '%1 CPUs', cpus),
          memory && memoryWords(memory),
          gres && gresWords(gres),
          partition,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {left !== undefined && (
        <TimeLeft left={left} limit={view.timeLimit} warn={left < warnBelow} trans={trans} />
      )}
      {kernels.length > 0 && (
        <ul className="jp-Berth-jobKernels" aria-label={trans.__('Kernels')}>
          {kernels.map(({ launch, displayName, path }) => (
            <li key={launch}>
              {path === '' ? (
                <span>{displayName}</span>
              ) : (
                <button
                  type="button"
                  className="jp-Berth-link"
                  title={trans.__('Open %1', path)}
                  onClick={() => onOpen(path)}
                >
                  {path}
                </button>
              )}
              {path !== '' && <span className="jp-Berth-hint">{displayName}</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

interface TimeLeftProps {
  readonly left: number;
  readonly limit: number | undefined;
  readonly warn: boolean;
  readonly trans: TranslationBundle;
}

function TimeLeft({ left, limit, warn, trans }: TimeLeftProps): JSX.Element {
  const words = durationWords(left, trans);
  const text =
    limit === undefined
      ? trans.__('%1 left', words)
      : trans.__('%1 left of %2', words, durationWords(limit, trans));
  return (
    <div className={`jp-Berth-timeLeft${warn ? ' jp-mod-warn' : ''}`}>
      <span>{text}</span>
      {limit !== undefined && limit > 0 && (
        <meter aria-label={text} min={0} max={limit} value={Math.min(left, limit)} />
      )}
    </div>
  );
}
