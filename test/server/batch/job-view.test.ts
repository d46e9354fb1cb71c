import { expect, test } from '@jest/globals';
import type { ElementState, JobElement } from '@berth/schema/rest';
import { jobView } from '../../../server/src/batch/job-view.ts';
import { idOf, sampleRecord } from './job-fixture.ts';

const element = (index: number, state: ElementState): JobElement => ({
  index,
  state,
  attempts: 1,
  output: true,
});
const slurm = { ended: {} };

test.each([
  [['completed', 'failed', 'running'], 'running'],
  [['completed', 'queued', 'starting'], 'starting'],
  [['completed', 'queued', 'failed'], 'queued'],
  [['completed', 'timed-out', 'failed'], 'failed'],
  [['completed', 'lost'], 'lost'],
  [['completed', 'completed'], 'completed'],
] as const)('a sweep of %j is %s', (states, state) => {
  const record = sampleRecord(idOf(1), { sweep: 's.csv', elements: states.length });
  const elements = states.map((one, at) => element(at, one));
  expect(jobView({ record, slurm }, elements, [], undefined).state).toBe(state);
});

test('a sweep shows what went wrong, with its parameters; at most twenty', () => {
  const record = sampleRecord(idOf(1), { sweep: 's.csv', elements: 50 });
  const elements = Array.from({ length: 50 }, (_, at) => element(at, at % 2 === 0 ? 'failed' : 'running'));
  const parameters = elements.map(({ index }) => ({ n: String(index) }));
  const { shown, counts } = jobView({ record, slurm }, elements, parameters, undefined);
  expect([shown.length, shown[1]?.parameters, counts]).toEqual([20, { n: '2' }, { failed: 25, running: 25 }]);
});

test.each([
  ['/home/alice', 'fit.ipynb'],
  ['/home', 'alice/fit.ipynb'],
  ['/home/al', undefined],
  ['/srv', undefined],
  [undefined, undefined],
])('below the root %j it is %j, by components (T30)', (root, path) => {
  expect(jobView({ record: sampleRecord(idOf(1)), slurm }, [element(0, 'queued')], [], root).path).toBe(path);
});
