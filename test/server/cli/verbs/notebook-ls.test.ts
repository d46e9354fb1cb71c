import { expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import type { JobView } from '@berth/schema/rest';
import { standing } from '../../../../server/src/cli/verbs/notebook-ls.ts';

const view: JobView = {
  id: '0123456789abcdef',
  name: 'a.ipynb',
  kernel: { name: 'k', displayName: 'K' },
  resources: Resources.parse({}),
  submitted: '2026-11-21T06:00:00Z',
  state: 'running',
  counts: { running: 1 },
  shown: [],
};
const element = {
  index: 0,
  state: 'running',
  attempts: 1,
  output: true,
  cells: { total: 4, done: 1 },
} as const;

test.each([
  [view, 'running'],
  [{ ...view, shown: [element] }, 'running, cell 1 of 4'],
  [{ ...view, state: 'completed', shown: [element] }, 'completed'],
  [{ ...view, sweep: 's.csv', counts: { completed: 3, failed: 1 } }, '3 completed, 1 failed'],
] as const)('%#', (job, words) => expect(standing(job as JobView)).toBe(words));
