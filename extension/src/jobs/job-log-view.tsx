import type { JobView } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';
import type { IBerth } from '../berth.ts';
import { asProblem, needsPerson } from '../client/server-problem.ts';
import { LogText, openLog } from '../log/log-text.tsx';
import type { StoreChange } from '../model/store.ts';
import type { Session } from '../session.ts';
import { isOver } from '../words/job-words.ts';
import { problemWords } from '../words/problem-words.ts';
import { JobLogReader } from './job-log-reader.ts';

/** Show what is said during a run and follow it; one tab for each run. */
export function showJobLog(berth: IBerth, session: Session, job: JobView, index: number): void {
  openLog(berth, {
    id: `jupyter-berth-job-log-${job.id}-${index}`,
    of: job.sweep === undefined ? job.name : `${job.name} ${index}`,
    view: <JobLogView job={job} index={index} session={session} trans={berth.trans} />,
  });
}

interface JobLogViewProps {
  readonly job: JobView;
  readonly index: number;
  readonly session: Session;
  readonly trans: TranslationBundle;
}

/** Milliseconds between two readings while the job lives. */
const EVERY = 2000;

/** Grows while the job lives, and somebody is logged in. */
export function JobLogView({ job, index, session, trans }: JobLogViewProps): JSX.Element {
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const reader = new JobLogReader(session.client, job.id, index);
    let wanted = true;
    let reading = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const lives = (): boolean => {
      const now = session.store.jobs?.find(({ id }) => id === job.id);
      return now !== undefined && !isOver(now.state);
    };
    const read = async (): Promise<void> => {
      // asked before the reading: what is said last is then read too
      const again = lives();
      timer = undefined;
      reading = true;
      let stuck = false;
      try {
        await reader.read((said) => {
          if (wanted) setText(said);
          return wanted;
        });
        if (wanted) setProblem(undefined);
      } catch (error) {
        stuck = needsPerson(error);
        if (wanted) setProblem(problemWords(asProblem(error), trans).sentence);
      }
      reading = false;
      if (wanted && !stuck && (again || lives())) timer = setTimeout(() => void read(), EVERY);
    };
    // one that had ended may be begun anew, with a log of its own
    const listener = (_: unknown, { of }: StoreChange): void => {
      if (of === 'jobs' && !reading && timer === undefined && lives()) void read();
    };
    void read();
    session.store.changed.connect(listener);
    return () => {
      wanted = false;
      session.store.changed.disconnect(listener);
      clearTimeout(timer);
    };
  }, [job.id, index, session, trans]);
  return <LogText title={job.name} problem={problem} text={text} trans={trans} />;
}
