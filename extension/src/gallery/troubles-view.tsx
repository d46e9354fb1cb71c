import type { Troubles } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';
import { asProblem, type ServerProblem } from '../client/server-problem.ts';
import type { Session } from '../session.ts';
import { problemLine } from '../words/problem-words.ts';

interface TroublesViewProps {
  readonly session: Session;
  readonly trans: TranslationBundle;
  readonly onClose: () => void;
}

/** Why an image is not here: sources that do not answer, images that offer nothing, each with what to do. */
export function TroublesView({ session, trans, onClose }: TroublesViewProps): JSX.Element {
  const [troubles, setTroubles] = useState<Troubles>();
  const [problem, setProblem] = useState<ServerProblem>();
  useEffect(() => {
    const read = (): void => {
      session.client.call('troubles').then(
        (answer) => {
          setTroubles(answer);
          setProblem(undefined);
        },
        (error: unknown) => setProblem(asProblem(error)),
      );
    };
    const listener = (_: unknown, { of }: { of: string }): void => {
      if (of === 'kernels') read();
    };
    read();
    session.store.changed.connect(listener);
    return () => {
      session.store.changed.disconnect(listener);
    };
  }, [session]);
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
        <TroubleList
          title={trans.__('Sources')}
          troubles={troubles.sources.map(({ source, ...rest }) => ({ what: source, ...rest }))}
        />
      )}
      {troubles && troubles.images.length > 0 && (
        <TroubleList
          title={trans.__('Images')}
          troubles={troubles.images.map(({ image, ...rest }) => ({ what: image, ...rest }))}
        />
      )}
      <div className="jp-Berth-actions">
        <button type="button" className="jp-Berth-button" onClick={onClose}>
          {trans.__('Close')}
        </button>
      </div>
    </aside>
  );
}

interface Trouble {
  readonly what: string;
  readonly sentence: string;
  readonly hint?: string | undefined;
}

function TroubleList({
  title,
  troubles,
}: {
  readonly title: string;
  readonly troubles: readonly Trouble[];
}): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      <ul className="jp-Berth-troubles">
        {troubles.map(({ what, sentence, hint }) => (
          <li key={what}>
            <code>{what}</code>
            <span>{sentence}</span>
            {hint && <span className="jp-Berth-hint">{hint}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
