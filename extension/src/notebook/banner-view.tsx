import type { Resources } from '@berth/schema';
import type { LaunchStory } from '@berth/schema/rest';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, errorIcon, infoIcon } from '@jupyterlab/ui-components';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Session } from '../session.ts';
import { useFocusHandedOn } from '../use-focus-handed-on.ts';
import { useTicker } from '../use-signal.ts';
import { type LaunchAction, launchNotice } from '../words/launch-words.ts';
import { actionLabel } from '../words/action-label.ts';
import { askedOf } from './launch-actions.ts';

interface BannerViewProps {
  /** undefined when there is nothing to tell */
  readonly story: LaunchStory | undefined;
  readonly panel: NotebookPanel;
  readonly session: Session;
  readonly trans: TranslationBundle;
  readonly onAction: (action: LaunchAction, asked: Resources) => Promise<void>;
  readonly onClose: () => void;
  readonly onSize: (node: HTMLElement) => void;
  /** what had the focus has gone, and the banner has nothing to give it to */
  readonly onFocusLost: () => void;
}

const ANY: Resources = { cpus: 1, memory: '2G', time: '60' };
const ICONS = { ask: infoIcon, fail: errorIcon } as const;

/**
 * One banner for all states, and there (out of sight) also when it says nothing: screen readers tell what changes in an
 * element that they know, and not one that comes together with its text.
 */
export function BannerView(props: BannerViewProps): JSX.Element {
  const { story, panel, session, trans, onAction, onClose, onSize, onFocusLost } = props;
  const node = useRef<HTMLDivElement>(null);
  /** id and state of the launch that a pressed button still works for: a new state has buttons of its own */
  const [busyWith, setBusyWith] = useState('');
  const asked = story && askedOf(panel, story, ANY);
  const notice = story && asked && launchNotice(story, { now: session.client.clock.now(), asked, trans });
  const tone = notice?.tone;
  useTicker(session.ticker, tone === 'wait');
  useLayoutEffect(() => {
    if (node.current) onSize(node.current);
  }, []);
  useFocusHandedOn(node, () => {
    const button = node.current?.querySelector('button');
    if (button) button.focus();
    else onFocusLost();
  });
  const state = `${story?.id} ${story?.launch.state}`;
  const busy = busyWith === state;
  const perform = (action: LaunchAction): void => {
    if (busy || !asked) return;
    setBusyWith(state);
    void onAction(action, asked.resources).finally(() => setBusyWith((now) => (now === state ? '' : now)));
  };
  return (
    <div
      ref={node}
      className={`jp-Berth-banner jp-mod-${tone ?? 'empty'}`}
      {...(notice && {
        'data-testid': 'berth-banner',
        'data-state': story?.launch.state,
        role: 'group',
        'aria-label': trans.__('Kernel of this notebook'),
      })}
    >
      {tone && <ToneIcon tone={tone} />}
      <div className="jp-Berth-bannerText">
        {/* the counting lines are outside of what is read aloud */}
        <p
          role="status"
          aria-live={tone === 'fail' ? 'assertive' : 'polite'}
          className="jp-Berth-bannerTitle"
        >
          {notice?.title}
        </p>
        {notice && <p className="jp-Berth-bannerDetails">{notice.details.filter(Boolean).join(' ')}</p>}
      </div>
      <div
        className="jp-Berth-actions"
        // a key that is held down would press the next state's button too, on which the focus is then
        onKeyDown={(event) => {
          if (event.repeat && event.key !== 'Tab') event.preventDefault();
        }}
      >
        {notice?.actions.map((action, index) => (
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

function ToneIcon({ tone }: { readonly tone: 'ask' | 'wait' | 'fail' }): JSX.Element {
  if (tone === 'wait') return <span className="jp-Berth-spinner" aria-hidden="true" />;
  const icon = ICONS[tone];
  return <icon.react tag="span" className="jp-Berth-icon jp-Berth-bannerIcon" />;
}
