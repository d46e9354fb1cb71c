import type { LaunchStory } from '@berth/schema/rest';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { IBerth } from '../berth.ts';
import { asProblem } from '../client/server-problem.ts';
import type { StoreChange } from '../model/store.ts';
import { problemWords } from '../words/problem-words.ts';
import { berthIcon } from '../icons/icons.ts';
import type { Session } from '../session.ts';

/** Show what was said during a launch, beside the notebook; one tab for each launch. */
export function showLog({ app, trans }: IBerth, session: Session, story: LaunchStory): void {
  const id = `jupyter-berth-log-${story.id}`;
  for (const open of app.shell.widgets('main')) if (open.id === id) return app.shell.activateById(id);
  const widget = new MainAreaWidget({
    content: ReactWidget.create(<LogView story={story} session={session} trans={trans} />),
  });
  widget.id = id;
  widget.title.label = trans.__('Log: %1', story.path.split('/').pop() || story.displayName);
  widget.title.icon = berthIcon;
  widget.title.closable = true;
  app.shell.add(widget, 'main', { mode: 'split-bottom' });
}

interface LogViewProps {
  readonly story: LaunchStory;
  readonly session: Session;
  readonly trans: TranslationBundle;
}

/** The last lines, read again whenever there are more of them or the launch moves on; it stays at the end unless the person scrolled up. */
export function LogView({ story, session, trans }: LogViewProps): JSX.Element {
  const [lines, setLines] = useState<readonly string[]>();
  const [problem, setProblem] = useState<string>();
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const read = useRef<() => void>(() => undefined);
  useEffect(() => {
    let wanted = true;
    let reading = false;
    let again = false;
    const readAll = async (): Promise<void> => {
      do {
        again = false;
        const { lines: said } = await session.client.call('launchLog', { params: { id: story.id } });
        if (!wanted) return;
        setLines(said);
        setProblem(undefined);
      } while (again);
    };
    read.current = () => {
      // what is being read may have grown since: once more, and not many times at once
      again = true;
      if (reading) return;
      reading = true;
      readAll().then(
        () => {
          reading = false;
        },
        (error: unknown) => {
          reading = false;
          if (wanted) setProblem(problemWords(asProblem(error), trans).sentence);
        },
      );
    };
    const listener = (_: unknown, change: StoreChange): void => {
      const mine =
        (change.of === 'launch' && change.story.id === story.id) ||
        (change.of === 'log' && change.id === story.id) ||
        // what was said while nobody told of it
        (change.of === 'link' && session.store.link === 'up');
      if (mine) read.current();
    };
    read.current();
    session.store.changed.connect(listener);
    return () => {
      wanted = false;
      session.store.changed.disconnect(listener);
    };
  }, [story.id, session, trans]);
  useLayoutEffect(() => {
    if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <div className="jp-Berth-log">
      <header className="jp-Berth-panelHead">
        <h2>{story.displayName}</h2>
        <button type="button" className="jp-Berth-button" onClick={() => read.current()}>
          {trans.__('Read again')}
        </button>
      </header>
      {problem && (
        <p className="jp-Berth-problem" role="alert">
          {problem}
        </p>
      )}
      <pre
        ref={box}
        role="log"
        tabIndex={0}
        aria-label={trans.__('What was said')}
        onScroll={({ currentTarget: node }) => {
          follows.current = node.scrollTop + node.clientHeight >= node.scrollHeight - 4;
        }}
      >
        {lines?.length === 0 ? trans.__('Nothing was said yet.') : lines?.join('\n')}
      </pre>
    </div>
  );
}
