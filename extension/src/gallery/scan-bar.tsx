import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';
import { asProblem } from '../client/server-problem.ts';
import type { Session } from '../session.ts';
import { useSignals } from '../use-signal.ts';
import { problemWords } from '../words/problem-words.ts';
import { scanWords } from '../words/scan-words.ts';

interface ScanBarProps {
  readonly session: Session;
  readonly trans: TranslationBundle;
  /** a sentence that is told beside it already */
  readonly toldAlready: string | undefined;
  /** how many sources and images have any */
  readonly troubles: number;
  readonly troublesShown: boolean;
  readonly onTroubles: () => void;
}

/** Look again, how far that is, stop; and the way to what is wrong. */
export function ScanBar({
  session,
  trans,
  toldAlready,
  troubles,
  troublesShown,
  onTroubles,
}: ScanBarProps): JSX.Element {
  const { client, store } = session;
  useSignals(store.changed);
  const [failed, setFailed] = useState<string>();
  const { scan } = store;
  const says = scan?.state === 'failed' && scan.problem.detail === toldAlready ? undefined : scan;
  const running = scan?.state === 'running';
  const toggle = (): void => {
    setFailed(undefined);
    const call: Promise<unknown> = running ? client.call('stopScan') : client.call('startScan');
    call.catch((error: unknown) => setFailed(problemWords(asProblem(error), trans).sentence));
  };
  return (
    <div className="jp-Berth-scan">
      <button type="button" className="jp-Berth-button" onClick={toggle}>
        {running ? trans.__('Stop looking') : trans.__('Look again')}
      </button>
      {running && (
        <progress
          aria-label={trans.__('Images looked into')}
          value={scan.done}
          {...(scan.images > 0 && { max: scan.images })}
        />
      )}
      <span
        className={`jp-Berth-scanText${failed !== undefined || says?.state === 'failed' ? ' jp-mod-warn' : ''}`}
        role="status"
      >
        {failed ?? (says && scanWords(says, trans))}
      </span>
      <button type="button" className="jp-Berth-toggle" aria-pressed={troublesShown} onClick={onTroubles}>
        {troubles === 0 ? trans.__('Troubles') : trans.__('Troubles (%1)', troubles)}
      </button>
    </div>
  );
}
