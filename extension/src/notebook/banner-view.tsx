import type { Resources } from '@berth/schema';
import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, errorIcon, infoIcon } from '@jupyterlab/ui-components';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Session } from '../session.ts';
import { useTicker } from '../use-signal.ts';
import { type LaunchAction, launchNotice } from '../words/launch-words.ts';
import { actionLabel } from '../words/action-label.ts';
import { askedOf } from './launch-actions.ts';

interface BannerViewProps {
  readonly story: LaunchStory;
  readonly panel: NotebookPanel;
  readonly session: Session;
  readonly trans: TranslationBundle;
  readonly onAction: (action: LaunchAction, asked: Resources) => Promise<void>;
  readonly onClose: () => void;
  readonly onSize: (node: HTMLElement) => void;
}

const ANY: Resources = { cpus: 1, memory: '2G', time: '60' };
const ICONS = { ask: infoIcon, fail: errorIcon } as const;

export function BannerView(props: BannerViewProps): JSX.Element {
  const { story, panel, session, trans, onAction, onClose, onSize } = props;
  const node = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const asked = askedOf(panel, story, ANY);
  const notice = launchNotice(story, { now: session.client.clock.now(), asked, trans });
  useTicker(session.ticker, notice?.tone === 'wait');
  useLayoutEffect(() => {
    if (node.current) onSize(node.current);
  }, []);
  if (!notice) return <div ref={node} />;
  const { tone, title, details, actions } = notice;
  const icon = tone === 'wait' ? undefined : ICONS[tone];
  const perform = (action: LaunchAction): void => {
    if (busy) return;
    setBusy(true);
    void onAction(action, asked.resources).finally(() => setBusy(false));
  };
  return (
    <div
      ref={node}
      className={`jp-Berth-banner jp-mod-${tone}`}
      data-testid="berth-banner"
      data-state={story.launch.state}
      role="group"
      aria-label={trans.__('Kernel of this notebook')}
    >
      {icon ? (
        <icon.react tag="span" className="jp-Berth-icon jp-Berth-bannerIcon" />
      ) : (
        <span className="jp-Berth-spinner" aria-hidden="true" />
      )}
      <div className="jp-Berth-bannerText">
        {/* the counting lines are outside of what is read aloud */}
        <p role={tone === 'fail' ? 'alert' : 'status'} className="jp-Berth-bannerTitle">
          {title}
        </p>
        <p className="jp-Berth-bannerDetails">{details.filter(Boolean).join(' ')}</p>
      </div>
      <div className="jp-Berth-actions">
        {actions.map((action, index) => (
          <button
            key={action}
            type="button"
            // not `disabled`, which would take the focus from it
            aria-disabled={busy}
            className={`jp-Berth-button${index === 0 && tone !== 'wait' ? ' jp-mod-accept' : ''}`}
            onClick={() => perform(action)}
          >
            {actionLabel(action, trans)}
          </button>
        ))}
        {tone === 'fail' && (
          <button
            type="button"
            className="jp-Berth-iconButton"
            aria-label={trans.__('Close')}
            title={trans.__('Close')}
            onClick={onClose}
          >
            <closeIcon.react tag="span" className="jp-Berth-icon" />
          </button>
        )}
      </div>
    </div>
  );
}
