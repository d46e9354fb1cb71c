import type { LaunchStory } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState } from 'react';
import type { IBerth } from '../berth.ts';
import { asProblem } from '../client/server-problem.ts';
import type { StoreChange } from '../model/store.ts';
import { problemWords } from '../words/problem-words.ts';
import type { Session } from '../session.ts';
import { LogText, openLog } from './log-text.tsx';

/** Show what was said during a launch, beside the notebook; one tab for each launch. */
export function showLog(berth: IBerth, session: Session, story: LaunchStory): void {
  openLog(berth, {
    id: `jupyter-berth-log-${story.id}`,
    of: story.path.split('/').pop() || story.displayName,
    view: <LogView story={story} session={session} trans={berth.trans} />,
  });
}

interface LogViewProps {
  readonly story: LaunchStory;
  readonly session: Session;
  readonly trans: TranslationBundle;
}

/** The last lines, read again whenever there are more of them or the launch moves on. */
export function LogView({ story, session, trans }: LogViewProps): JSX.Element {
  const [lines, setLines] = useState<readonly string[]>();
  const [problem, setProblem] = useState<string>();
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
          if (!wanted) return;
          setProblem(problemWords(asProblem(error), trans).sentence);
          if (again) read.current();
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
  return (
    <LogText
      title={story.displayName}
      action={
        <button type="button" className="jp-Berth-button" onClick={() => read.current()}>
          {trans.__('Read again')}
        </button>
      }
      problem={problem}
      text={lines?.join('\n')}
      trans={trans}
    />
  );
}
