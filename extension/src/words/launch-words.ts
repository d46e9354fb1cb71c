import { assertNever, type Resources } from '@berth/schema';
import type { LaunchStory } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { clockTime } from './clock-time.ts';
import { durationWords } from './duration.ts';
import { resourcesWords } from './resources-words.ts';

/** What a person can do about a launch where it is told. */
export type LaunchAction = 'start' | 'choose' | 'decline' | 'cancel' | 'start-again' | 'choose-other' | 'log';

/** A launch as the banner of a notebook shows it. */
export interface LaunchNotice {
  readonly tone: 'ask' | 'wait' | 'fail';
  readonly title: string;
  /** further lines, the most important first */
  readonly details: readonly string[];
  readonly actions: readonly LaunchAction[];
}

/** What a notebook that asks would have: the resources, and whether they are the notebook's own wish. */
export interface Asked {
  readonly resources: Resources;
  readonly byNotebook: boolean;
}

/** What is to be said of a launch, or undefined when there is nothing: it is ready, or has ended as it should. */
export function launchNotice(
  story: LaunchStory,
  { now, asked, trans }: { now: number; asked: Asked; trans: TranslationBundle },
): LaunchNotice | undefined {
  const { launch, displayName } = story;
  switch (launch.state) {
    case 'asking': {
      const job = resourcesWords(asked.resources, trans);
      return {
        tone: 'ask',
        title: trans.__('This notebook wants a job: %1', job),
        details: [
          ...(asked.byNotebook ? [trans.__('The notebook file asks for these resources.')] : []),
          trans.__('Kernel: %1. Nothing has been submitted.', displayName),
        ],
        actions: ['start', 'choose', 'decline'],
      };
    }
    case 'queued': {
      const start = launch.estimatedStart && clockTime(launch.estimatedStart, now);
      return {
        tone: 'wait',
        title: launch.jobId
          ? trans.__('Job %1 waits: %2', launch.jobId, launch.reason)
          : trans.__('Waiting: %1', launch.reason),
        details: [
          ...(start ? [trans.__('Expected to start at %1.', start)] : []),
          elapsed(story.since, now, trans),
        ],
        actions: ['cancel', 'log'],
      };
    }
    case 'starting':
      return {
        tone: 'wait',
        title: trans.__('Starting on %1: %2', launch.node, launch.doing),
        details: [elapsed(story.began, now, trans)],
        actions: ['cancel', 'log'],
      };
    case 'ready':
      return undefined;
    case 'failed':
    case 'ended': {
      const { kind, sentence, hint, status } = launch.outcome;
      if (kind === 'exited' && status === 0) return undefined;
      return {
        tone: 'fail',
        title: sentence,
        details: hint ? [hint] : [],
        actions: ['start-again', 'choose-other', 'log'],
      };
    }
    default:
      return assertNever(launch);
  }
}

/** Sooner there is nothing worth counting, seconds; but a line, so that the notebook below does not move when it counts. */
const COUNTED_FROM = 3;

const elapsed = (since: string, now: number, trans: TranslationBundle): string => {
  const seconds = (now - Date.parse(since)) / 1000;
  if (Number.isNaN(seconds)) return '';
  return seconds < COUNTED_FROM
    ? trans.__('Just begun.')
    : trans.__('For %1 now.', durationWords(seconds, trans));
};
