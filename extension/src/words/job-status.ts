import { assertNever } from '@berth/schema';
import type { AllocationList, LaunchStory } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { durationWords } from './duration.ts';
import { secondsLeft } from './time-left.ts';

/** What the status bar says of the current notebook's job. */
export interface JobStatus {
  readonly text: string;
  readonly title: string;
  readonly warn: boolean;
  /** whether it changes with the time */
  readonly counts: boolean;
}

interface JobStatusOptions {
  /** milliseconds since 1970 at the server */
  readonly now: number;
  /** seconds left below which it warns */
  readonly warnBelow: number;
  readonly trans: TranslationBundle;
}

/** Job, node and time left in a few words, or how far the launch is; undefined once it is over. */
export function jobStatus(
  { launch }: LaunchStory,
  list: AllocationList | undefined,
  { now, warnBelow, trans }: JobStatusOptions,
): JobStatus | undefined {
  const still = (text: string, title = text): JobStatus => ({ text, title, warn: false, counts: false });
  switch (launch.state) {
    case 'asking':
      return still(trans.__('Asks before it starts'));
    case 'queued':
      return launch.jobId
        ? still(trans.__('Job %1 waits', launch.jobId), launch.reason)
        : still(trans.__('Waiting'), launch.reason);
    case 'starting':
      return still(trans.__('%1 · starting', launch.node), launch.doing);
    case 'ready': {
      const view = list?.allocations.find(({ allocation }) => allocation.jobId === launch.jobId);
      const left = view && secondsLeft(view, list?.at, now);
      const place = [launch.jobId && trans.__('Job %1', launch.jobId), launch.node]
        .filter(Boolean)
        .join(' · ');
      if (left === undefined) return still(place, trans.__('Show jobs. %1', place));
      const warn = left < warnBelow;
      const time = durationWords(left, trans);
      return {
        text: `${place} · ${warn ? trans.__('only %1 left', time) : time}`,
        title: warn
          ? trans.__('This job ends in %1: save what you need. Show jobs.', time)
          : trans.__('%1, %2 left. Show jobs.', place, time),
        warn,
        counts: true,
      };
    }
    case 'failed':
    case 'ended':
      return undefined;
    default:
      return assertNever(launch);
  }
}
