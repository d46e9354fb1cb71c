import { expect, test } from '@jest/globals';
import { JobId, type Allocation, type Launch, type Outcome } from '@berth/schema';
import type { LaunchStory } from '@berth/schema/rest';
import { allocationViews, newsOf } from '../../../server/src/launches/allocation-views.ts';
import { idOf, ready } from './board-fixture.ts';

const jobId = JobId.parse('7');
const allocation: Allocation = {
  jobId,
  state: 'RUNNING',
  reason: 'None',
  nodes: 'n1',
  partition: 'main',
  cpus: 1,
  timeLeft: 60,
};
const job = {
  allocation,
  kind: 'kernel',
  launchId: idOf(1),
  index: '',
  name: 'berth-x',
  memory: '1G',
  gres: '',
  timeLimit: 600,
} as const;
const story = (number: number, launch: Launch): LaunchStory => ({
  id: idOf(number),
  kernel: 'python',
  displayName: `Python ${number}`,
  path: `${number}.ipynb`,
  began: '',
  since: '',
  launch,
});

test('the kernel that made it and those that joined it; none that is over or elsewhere', () => {
  const ended: Launch = { state: 'ended', outcome: { kind: 'exited', sentence: '', status: 0, at: '' } };
  const [view] = allocationViews(
    [job],
    [
      story(1, ready),
      story(2, { ...ready, jobId }),
      story(3, { ...ready, jobId: JobId.parse('8') }),
      story(4, ended),
    ],
  );
  expect(view?.kernels.map(({ path }) => path)).toEqual(['1.ipynb', '2.ipynb']);
  expect(view).toMatchObject({ why: '', timeLimit: 600 });
});
test('the job that the server runs in, with the kernels that run beside it', () => {
  const own = { ...job, kind: 'own', launchId: '' } as const;
  const launches = [story(1, { ...ready, jobId }), story(2, ready)];
  // also where Berth made it: JupyterLab was started in a kernel, or by a notebook
  for (const one of [own, { ...job, launchId: idOf(9) }, { ...job, kind: 'batch' } as const]) {
    const [view] = allocationViews([one], launches, new Set(), jobId);
    expect(view).toMatchObject({ own: true, kernels: [{ path: '1.ipynb' }] });
  }
  expect(allocationViews([job], [])[0]).not.toHaveProperty('own');
});
test('ending, from when that is known: the kernel that made it is over, or it was ended by us', () => {
  const stateOf = (launch: Launch, ended: readonly string[] = [], state: Allocation['state'] = 'RUNNING') =>
    allocationViews([{ ...job, allocation: { ...allocation, state } }], [story(1, launch)], new Set(ended))[0]
      ?.allocation.state;
  const over = (kind: Outcome['kind']): Launch => ({
    state: 'ended',
    outcome: { kind, sentence: '', status: 0, at: '' },
  });
  expect(stateOf(ready)).toBe('RUNNING');
  expect(stateOf(over('cancelled'))).toBe('COMPLETING');
  expect(stateOf(over('exited'), [], 'PENDING')).toBe('COMPLETING');
  expect(stateOf(ready, ['7'])).toBe('COMPLETING');
  expect(stateOf(ready, ['8'])).toBe('RUNNING');
  // nobody heard of its end: the job may go on
  expect(stateOf(over('lost'))).toBe('RUNNING');
  // Slurm knows better
  expect(stateOf(over('time-limit'), [], 'TIMEOUT')).toBe('TIMEOUT');
});
test('the reason in words, of one that waits', () => {
  const waiting = { ...allocation, state: 'PENDING' as const, reason: 'Priority' };
  const [view] = allocationViews([{ ...job, allocation: waiting, timeLimit: undefined }], []);
  expect(view).toMatchObject({ why: 'other jobs are before it (Priority)' });
  expect(view && 'timeLimit' in view).toBe(false);
});
test('time that passes is no news, all else is', () => {
  expect(newsOf([{ ...job, allocation: { ...allocation, timeLeft: 5 } }])).toBe(newsOf([job]));
  expect(newsOf([{ ...job, timeLimit: 700 }])).not.toBe(newsOf([job]));
  expect(newsOf([])).not.toBe(newsOf([job]));
});
