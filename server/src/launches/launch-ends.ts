import type { Launch } from '@berth/schema';
import type { ToLauncherLine } from '@berth/schema/rest';

/** What a launcher is told when the person has said no. */
export const NO: Extract<ToLauncherLine, { type: 'refuse' }> = {
  type: 'refuse',
  sentence: 'Not started: you did not agree to a job, in JupyterLab.',
  hint: 'Start it again in JupyterLab when you want one.',
};

/** A start that was refused. `at` in ISO 8601. */
export const refusedStart = (sentence: string, hint: string | undefined, at: string): Launch => ({
  state: 'failed',
  outcome: { kind: 'refused', sentence, status: 75, at, ...(hint === undefined ? {} : { hint }) },
});

/** One whose launcher went without a word. That is evidence enough: its job ends with the launcher's lifeline. */
export const lostLaunch = (at: string): Launch => ({
  state: 'ended',
  outcome: {
    kind: 'lost',
    sentence: 'Its launcher is gone: Jupyter ended the kernel by force, or it was killed.',
    status: 137,
    at,
  },
});
