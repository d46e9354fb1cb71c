import type { TranslationBundle } from '@jupyterlab/translation';
import { problemLine } from '../words/problem-words.ts';
import { imageTroubles, sourceTroubles, TroubleList } from './trouble-list.tsx';
import type { ToldTroubles } from './use-troubles.ts';

interface TroublesViewProps {
  readonly told: ToldTroubles;
  readonly trans: TranslationBundle;
  readonly onClose: () => void;
}

/** Why an image is not here: sources that do not answer, images that offer nothing, each with what to do. */
export function TroublesView({ told, trans, onClose }: TroublesViewProps): JSX.Element {
  const { troubles, problem } = told;
  const none = troubles?.sources.length === 0 && troubles.images.length === 0;
  return (
    <aside className="jp-Berth-details" aria-label={trans.__('Troubles')}>
      <h2>{trans.__('Why is my image not here?')}</h2>
      {problem && (
        <p className="jp-Berth-problem" role="alert">
          {problemLine(problem, trans)}
        </p>
      )}
      {none && <p>{trans.__('All sources answer, and every image offers a kernel.')}</p>}
      {troubles && troubles.sources.length > 0 && (
        <TroubleList title={trans.__('Sources')} troubles={sourceTroubles(troubles)} />
      )}
      {troubles && troubles.images.length > 0 && (
        <TroubleList title={trans.__('Images')} troubles={imageTroubles(troubles)} />
      )}
      <div className="jp-Berth-actions">
        <button type="button" className="jp-Berth-button" onClick={onClose}>
          {trans.__('Close')}
        </button>
      </div>
    </aside>
  );
}
