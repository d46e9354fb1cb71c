import type { ILabShell } from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IStatusBar } from '@jupyterlab/statusbar';
import { TextItem } from '@jupyterlab/statusbar';
import { ReactWidget } from '@jupyterlab/ui-components';
import { type ISignal, Signal } from '@lumino/signaling';
import type { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { storyOf } from '../notebook/panel-story.ts';
import type { Session } from '../session.ts';
import { useSignals, useTicker } from '../use-signal.ts';
import { type JobStatus, jobStatus } from '../words/job-status.ts';

interface JobItemOptions {
  readonly berth: IBerth;
  readonly session: Session;
  readonly tracker: INotebookTracker;
  readonly shell: ILabShell | null;
}

/** Job, node and time left of the current notebook. */
class JobItem {
  readonly changed = new Signal<this, void>(this);
  readonly #options: JobItemOptions;

  constructor(options: JobItemOptions) {
    this.#options = options;
    const { session, tracker, shell } = options;
    const look = (): void => this.changed.emit();
    session.store.changed.connect(look);
    tracker.currentChanged.connect(look);
    shell?.currentChanged.connect(look);
    tracker.widgetAdded.connect((_, panel) => {
      panel.sessionContext.kernelChanged.connect(look);
    });
    tracker.forEach((panel) => panel.sessionContext.kernelChanged.connect(look));
  }

  /** undefined when the current widget is no notebook of ours */
  status(): JobStatus | undefined {
    const { berth, session, tracker, shell } = this.#options;
    const panel = tracker.currentWidget;
    if (!panel || (shell && shell.currentWidget !== panel)) return undefined;
    const story = storyOf(panel, session.store, berth.app.serviceManager.contents);
    return (
      story &&
      jobStatus(story, session.store.allocations, {
        now: session.client.clock.now(),
        warnBelow: berth.settings.values.warnMinutes * 60,
        trans: berth.trans,
      })
    );
  }
}

interface JobTextProps {
  readonly item: JobItem;
  readonly changed: ISignal<unknown, void>;
  readonly options: JobItemOptions;
}

function JobText({ item, changed, options: { berth, session } }: JobTextProps): JSX.Element | null {
  useSignals(changed);
  const status = item.status();
  useTicker(session.ticker, status?.counts ?? false);
  if (!status) return null;
  const open = (): void => void berth.app.commands.execute(CommandIDs.showAllocations);
  return (
    <TextItem
      source={status.text}
      title={status.title}
      className={`jp-Berth-status${status.warn ? ' jp-mod-warn' : ''}`}
      data-testid="berth-status"
      role="button"
      tabIndex={0}
      aria-label={status.title}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        open();
      }}
    />
  );
}

export function addJobItem(statusBar: IStatusBar, options: JobItemOptions): void {
  const item = new JobItem(options);
  const widget = ReactWidget.create(<JobText item={item} changed={item.changed} options={options} />);
  widget.addClass('jp-mod-highlighted');
  statusBar.registerStatusItem('jupyter-berth:job', {
    item: widget,
    align: 'left',
    rank: 90,
    isActive: () => item.status() !== undefined,
    activeStateChanged: item.changed,
  });
}
