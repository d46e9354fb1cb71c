import type { KernelDetail, KernelEntry } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';
import { asProblem, type ServerProblem } from '../client/server-problem.ts';
import { languageIcon } from '../icons/icons.ts';
import type { Session } from '../session.ts';
import { bytesWords } from '../words/bytes.ts';
import { buildDay } from '../words/build-day.ts';
import { problemLine } from '../words/problem-words.ts';
import type { GalleryActions } from './gallery-actions.ts';

interface KernelDetailsProps {
  readonly entry: KernelEntry;
  readonly actions: GalleryActions;
  readonly session: Session;
  readonly trans: TranslationBundle;
}

/** All that is known of one kernel, and what was seen that made us believe it. */
export function KernelDetails({ entry, actions, session, trans }: KernelDetailsProps): JSX.Element {
  const { name, displayName, image, language, offered, sameAs } = entry;
  const [detail, setDetail] = useState<KernelDetail>();
  const [problem, setProblem] = useState<ServerProblem>();
  useEffect(() => {
    let wanted = true;
    session.client.call('kernel', { params: { name } }).then(
      (answer) => {
        if (!wanted) return;
        setDetail(answer);
        setProblem(undefined);
      },
      (error: unknown) => wanted && setProblem(asProblem(error)),
    );
    return () => {
      wanted = false;
    };
    // an entry that was read anew may stand for another image by now
  }, [entry, name, session]);
  const icon = languageIcon(language);
  return (
    <aside className="jp-Berth-details" aria-label={trans.__('About %1', displayName)}>
      <h2>
        <icon.react tag="span" className="jp-Berth-icon" height="32px" width="32px" />
        {displayName}
      </h2>
      <div className="jp-Berth-actions">
        <button
          type="button"
          className="jp-Berth-button jp-mod-accept"
          onClick={() => void actions.start(entry)}
        >
          {trans.__('Start')}
        </button>
        <button type="button" className="jp-Berth-button" onClick={() => void actions.start(entry, true)}>
          {trans.__('Choose resources…')}
        </button>
        <button type="button" className="jp-Berth-button" onClick={() => void actions.offer(entry, !offered)}>
          {offered ? trans.__('Withdraw') : trans.__('Offer in Jupyter')}
        </button>
      </div>
      <dl>
        <dt>{trans.__('Image')}</dt>
        <dd>
          <code>{image}</code>
        </dd>
        {sameAs !== undefined && (
          <>
            <dt>{trans.__('Same as')}</dt>
            <dd>
              {/* the directory's name only while the other is not read yet */}
              {session.catalogue.kernels.find((one) => one.name === sameAs)?.displayName ?? sameAs}
            </dd>
          </>
        )}
        {detail && <Facts detail={detail} trans={trans} />}
      </dl>
      {problem && (
        <p className="jp-Berth-problem" role="alert">
          {problemLine(problem, trans)}
        </p>
      )}
      {detail && (
        <>
          <h3>{trans.__('Why it is here')}</h3>
          <ul className="jp-Berth-evidence">
            {detail.evidence.map(({ path, layer, says }) => (
              <li key={`${path} ${says}`}>
                {says}
                <code title={trans.__('in layer %1', layer)}>{path}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}

function Facts({
  detail,
  trans,
}: {
  readonly detail: KernelDetail;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { digest, argv, interpreter, version, created, bytes } = detail;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [trans.__('Digest'), digest],
    [trans.__('Interpreter'), [interpreter, version].filter(Boolean).join(' · ') || undefined],
    [trans.__('Command'), argv.join(' ')],
    [trans.__('Built'), created === undefined ? undefined : buildDay(created)],
    [trans.__('Size'), trans.__('%1 compressed', bytesWords(bytes))],
  ];
  return (
    <>
      {facts.map(
        ([term, value]) =>
          value !== undefined && (
            <div key={term}>
              <dt>{term}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          ),
      )}
    </>
  );
}
