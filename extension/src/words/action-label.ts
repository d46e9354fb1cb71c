import type { TranslationBundle } from '@jupyterlab/translation';
import type { LaunchAction } from './launch-words.ts';

/** What the button of an action says. */
export function actionLabel(action: LaunchAction, trans: TranslationBundle): string {
  const labels: Readonly<Record<LaunchAction, string>> = {
    start: trans.__('Start'),
    choose: trans.__('Choose…'),
    decline: trans.__("Don't start"),
    cancel: trans.__('Cancel'),
    'start-again': trans.__('Start again'),
    'choose-other': trans.__('Choose other resources…'),
    log: trans.__('Log'),
  };
  return labels[action];
}
