import type { JobElement, JobView } from '@berth/schema/rest';
import type { JobId } from '@berth/schema';

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const kernel = { name: 'climate-1', displayName: 'Python 3.11 · climate 2026.1' };
const resources = { cpus: 4, memory: '16G', time: '240' };
const id = (n: number): string => n.toString(16).padStart(16, '0');

const element = (index: number, more: Partial<JobElement>): JobElement => ({
  index,
  state: 'completed',
  attempts: 1,
  node: 'node-17',
  began: ago(600),
  ended: ago(60),
  output: true,
  ...more,
});

/** One that runs, a sweep of which one run failed and one runs, one that waits, and one that failed. */
export const sampleJobs: readonly JobView[] = [
  {
    id: id(1),
    jobId: '4301' as JobId,
    name: 'train.ipynb',
    path: 'models/train.ipynb',
    kernel,
    resources,
    submitted: ago(700),
    state: 'running',
    counts: { running: 1 },
    shown: [element(0, { state: 'running', began: ago(605), cells: { total: 12, done: 5 } })].map(
      ({ ended: _, ...rest }) => rest,
    ),
  },
  {
    id: id(2),
    jobId: '4290' as JobId,
    name: 'fit.ipynb',
    path: 'fit.ipynb',
    kernel,
    resources,
    submitted: ago(4000),
    state: 'running',
    sweep: 'sweep.csv',
    counts: { completed: 3, failed: 1, running: 1 },
    shown: [
      element(2, {
        state: 'failed',
        parameters: { alpha: '0', seed: '3' },
        error: { cell: 4, name: 'ZeroDivisionError', message: 'division by zero' },
      }),
    ],
  },
  {
    id: id(3),
    jobId: '4310' as JobId,
    name: 'later.ipynb',
    kernel,
    resources,
    submitted: ago(5000),
    state: 'queued',
    counts: { queued: 1 },
    shown: [
      { index: 0, state: 'queued', attempts: 0, output: false, why: 'other jobs are before it (Priority)' },
    ],
  },
  {
    id: id(4),
    jobId: '4122' as JobId,
    name: 'plot.ipynb',
    path: 'plot.ipynb',
    kernel,
    resources,
    submitted: ago(90_000),
    state: 'failed',
    counts: { failed: 1 },
    shown: [
      element(0, {
        state: 'failed',
        began: ago(89_000),
        ended: ago(88_400),
        cells: { total: 9, done: 6 },
        error: {
          cell: 7,
          name: 'FileNotFoundError',
          message: "[Errno 2] No such file or directory: 'era5.nc'",
        },
      }),
    ],
  },
];

const ended = (n: number, state: JobView['state'], only: Partial<JobElement>): JobView => ({
  id: id(n),
  jobId: String(4000 + n) as JobId,
  name: `${state}.ipynb`,
  path: `${state}.ipynb`,
  kernel,
  resources,
  submitted: ago(n * 1000),
  state,
  counts: { [state]: 1 },
  shown: [element(0, { state, ...only })],
});

const withoutNumber = ({ jobId: _, ...rest }: JobView): JobView => rest;

/** Each way in which one can end or wait that `sampleJobs` has not, and one of whose number nobody knows. */
export const troubledJobs: readonly JobView[] = [
  withoutNumber(ended(11, 'queued', { attempts: 0, output: false, why: 'being submitted' })),
  ended(12, 'starting', { attempts: 2, output: false }),
  ended(13, 'timed-out', { attempts: 2, why: 'it reached its time limit' }),
  ended(14, 'cancelled', { why: 'it was cancelled' }),
  ended(15, 'lost', { output: false, why: 'it has ended, and Slurm has forgotten how' }),
  ended(16, 'failed', { why: 'its node failed' }),
  ended(17, 'completed', { cells: { total: 9, done: 9 } }),
];

/** All runs of the sweep. */
export const sampleElements: readonly JobElement[] = [0, 1, 2, 3, 4].map((index) =>
  index === 2
    ? (sampleJobs[1]?.shown[0] as JobElement)
    : element(index, {
        parameters: { alpha: `0.${index}`, seed: '3' },
        ...(index === 4
          ? { state: 'running' as const, cells: { total: 5, done: 2 } }
          : { cells: { total: 5, done: 5 } }),
      }),
);

/** An output in the middle of its run. */
export const sampleOutput = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'climate-1', display_name: 'Python 3.11', language: 'python' } },
  cells: [
    {
      id: 'a',
      cell_type: 'code',
      metadata: { tags: ['injected-parameters'] },
      execution_count: 1,
      source: '# Parameters\nalpha = 0.1\nseed = 3',
      outputs: [],
    },
    {
      id: 'b',
      cell_type: 'code',
      metadata: { trusted: true },
      execution_count: 2,
      source: 'for epoch in range(3): train(alpha)',
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'epoch 0: 0.71\nepoch 1: 0.64\nepoch 2: 0.59\n' },
      ],
    },
    { id: 'c', cell_type: 'code', metadata: {}, execution_count: null, source: 'evaluate()', outputs: [] },
  ],
};
