import type { ElementState, JobElement, JobView } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { durationWords } from './duration.ts';

export function jobStateWords(state: ElementState, trans: TranslationBundle): string {
  const words: Readonly<Record<ElementState, string>> = {
    queued: trans.__('waiting'),
    starting: trans.__('starting'),
    running: trans.__('running'),
    completed: trans.__('completed'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled'),
    'timed-out': trans.__('time limit'),
    lost: trans.__('not known'),
  };
  return words[state];
}

/** `2 completed, 1 failed, 5 waiting` */
export const countWords = ({ counts }: JobView, trans: TranslationBundle): string =>
  Object.entries(counts)
    .map(([state, count]) => `${count} ${jobStateWords(state as ElementState, trans)}`)
    .join(', ');

/** How long it has run, or ran; undefined before it has begun, and when nobody knows its end. @param now milliseconds since 1970 at the server */
export function elapsedWords(
  { state, began, ended }: Pick<JobElement, 'state' | 'began' | 'ended'>,
  now: number,
  trans: TranslationBundle,
): string | undefined {
  const from = Date.parse(began ?? '');
  // a node that failed has told no end
  const to = ended === undefined && !isOver(state) ? now : Date.parse(ended ?? '');
  return Number.isNaN(from) || Number.isNaN(to) ? undefined : durationWords((to - from) / 1000, trans);
}

/** What went wrong in one line: the cell's error first, else the reason. Undefined when there is nothing to say. */
export function wrongWords({ error, why }: JobElement, trans: TranslationBundle): string | undefined {
  if (error === undefined) return why;
  const said = error.cell === undefined ? error.message : `${error.name}: ${error.message}`;
  return error.cell === undefined ? said : trans.__('%1 (cell [%2])', said, error.cell);
}

/** `alpha=0.1, seed=3` */
export const parameterWords = ({ parameters = {} }: JobElement): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

/** Whether nothing more will happen to it. */
export const isOver = (state: ElementState): boolean =>
  state !== 'queued' && state !== 'starting' && state !== 'running';
