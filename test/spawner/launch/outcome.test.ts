import { describe, expect, test } from '@jest/globals';
import { JobId, JobState, type Outcome } from '@berth/schema';
import fc from 'fast-check';
import { endsForGood } from '../../../spawner/src/launch/ends-for-good.ts';
import { concludeOutcome, type EndEvidence } from '../../../spawner/src/launch/outcome.ts';
import type { JobAnswer } from '../../../spawner/src/slurm/squeue.ts';

const jobId = JobId.parse('7');
const at = '2026-11-21T03:00:00.000Z';
const base: EndEvidence = { at, jobId, greeted: true };
const exit = (more: object): NonNullable<EndEvidence['exit']> => ({
  type: 'exit',
  code: null,
  signal: null,
  terminated: false,
  lastWords: '',
  ...more,
});
const failed = (code: string): NonNullable<EndEvidence['failed']> => ({
  type: 'failed',
  code,
  sentence: 'It failed.',
  hint: 'Do this.',
  status: 65,
});
const job = (state: JobState, reason = 'None'): JobAnswer => ({
  kind: 'known',
  allocation: { jobId, state, reason, nodes: 'n1', partition: 'p', cpus: 1 },
});
const srun = (status: number | null, lastWords = '') => ({ status, lastWords });

const table: [string, Partial<EndEvidence>, Outcome['kind'], number, RegExp][] = [
  [
    'the container is gone with a step that Slurm killed',
    {
      failed: failed('container-lost'),
      srun: srun(137, 'slurmstepd-n1: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-11-21T03:00:00 ***'),
    },
    'cancelled',
    143,
    /step in job 7 was cancelled/,
  ],
  [
    'the container is gone with a job at its limit',
    { failed: failed('container-lost'), job: job('TIMEOUT') },
    'time-limit',
    143,
    /time limit/,
  ],
  [
    'the container is gone, and Slurm had no part in it',
    { failed: failed('container-lost'), job: job('RUNNING'), srun: srun(1, 'srun: error: task 0') },
    'image-failed',
    65,
    /It failed/,
  ],
  ['kernel ended', { exit: exit({ code: 0 }) }, 'exited', 0, /^The kernel ended\.$/],
  [
    'kernel ended with 3',
    { exit: exit({ code: 3, lastWords: 'bye' }) },
    'exited',
    3,
    /status 3\. It said: bye$/,
  ],
  ['segfault', { exit: exit({ signal: 'SIGSEGV' }) }, 'signalled', 139, /SIGSEGV: segmentation fault/],
  ['a rare signal', { exit: exit({ signal: 'SIGXCPU' }) }, 'signalled', 152, /SIGXCPU: a signal/],
  [
    'out of memory',
    { exit: exit({ signal: 'SIGKILL', outOfMemory: { limit: 4 * 1024 ** 3 } }) },
    'out-of-memory',
    137,
    /ran out of memory, limit 4\.0 GB/,
  ],
  [
    'out of memory, no limit known',
    { exit: exit({ code: 137, outOfMemory: {} }) },
    'out-of-memory',
    137,
    /memory\.$/,
  ],
  ['image failed', { failed: failed('layer-invalid') }, 'image-failed', 65, /It failed/],
  ['a fault of ours', { failed: failed('internal') }, 'lost', 65, /It failed/],
  ['stopped', { stopped: 'asked' }, 'exited', 143, /on request/],
  [
    'stopped while the image was made',
    { stopped: 'asked', failed: failed('cancelled') },
    'exited',
    143,
    /on request/,
  ],
  ['client gone', { stopped: 'client-gone' }, 'exited', 143, /Jupyter server is gone; job 7 was ended/],
  [
    'cancelled',
    { exit: exit({ signal: 'SIGTERM', terminated: true }), job: job('CANCELLED') },
    'cancelled',
    143,
    /Job 7/,
  ],
  [
    'cancelled while the image was made',
    { failed: failed('cancelled'), job: job('CANCELLED') },
    'cancelled',
    143,
    /Job 7/,
  ],
  [
    'time limit while the image was made',
    { failed: failed('cancelled'), job: job('TIMEOUT') },
    'time-limit',
    143,
    /limit/,
  ],
  ['step cancelled', { failed: failed('cancelled'), job: job('RUNNING') }, 'cancelled', 143, /step in job 7/],
  [
    'step cancelled',
    { exit: exit({ signal: 'SIGTERM', terminated: true }), job: job('RUNNING') },
    'cancelled',
    143,
    /step/,
  ],
  ['time limit', { job: job('TIMEOUT') }, 'time-limit', 143, /time limit/],
  ['deadline', { job: job('DEADLINE') }, 'time-limit', 143, /time limit/],
  ['preempted', { job: job('PREEMPTED') }, 'preempted', 143, /preempted/],
  ['node failed', { job: job('NODE_FAIL') }, 'node-failed', 143, /node of job 7 failed/],
  ['job out of memory', { job: job('OUT_OF_MEMORY') }, 'out-of-memory', 137, /memory/],
  ['job failed for a reason', { job: job('FAILED', 'PrologFailed') }, 'lost', 1, /PrologFailed/],
  [
    'Slurm refused',
    { greeted: false, srun: srun(1, 'Invalid partition') },
    'refused',
    75,
    /Invalid partition/,
  ],
  [
    'Slurm refused, and says less of the job',
    { greeted: false, srun: srun(1, 'Too much memory'), job: job('FAILED', 'BadConstraints') },
    'refused',
    75,
    /Too much memory/,
  ],
  [
    'agent killed, which Slurm takes for a failed start',
    { srun: srun(137, 'task 0: Killed'), job: job('FAILED', 'JobLaunchFailure') },
    'lost',
    137,
    /without a word.*Killed/,
  ],
  [
    'no such command in the image',
    { exit: exit({ code: 1, lastWords: "ch-run[7]: error: can't execve(2): /no/such" }) },
    'image-failed',
    126,
    /could not be run in the image: .*\/no\/such/,
  ],
  [
    'no ch-run',
    { exit: exit({ code: 127, lastWords: 'berth-place: cannot run ch-run: No such file' }) },
    'image-failed',
    126,
    /could not be run/,
  ],
  ['Slurm refused in silence', { greeted: false, srun: srun(null) }, 'refused', 75, /no reason/],
  ['srun ended well and nothing ran', { greeted: false, srun: srun(0) }, 'refused', 75, /no reason/],
  ['agent died', { srun: srun(137, 'task 0: Killed') }, 'lost', 137, /without a word.*Killed/],
];

test.each(table)('%s', (_, evidence, kind, status, sentence) => {
  const outcome = concludeOutcome({ ...base, ...evidence });
  expect(outcome).toMatchObject({ kind, status, at, jobId });
  expect(outcome.sentence).toMatch(sentence);
});

test('a job that was cancelled while it waited is called by the number that Slurm tells', () => {
  const waiting = { at, greeted: false, srun: srun(1), job: job('CANCELLED') };
  expect(concludeOutcome(waiting)).toMatchObject({
    jobId,
    sentence: `Job ${jobId} was cancelled.`,
    status: 143,
  });
});

describe('positive evidence only', () => {
  test('a query that failed, an unknown state, an absent or running job never make an end by the job', () => {
    const byJob = ['cancelled', 'time-limit', 'preempted', 'node-failed'];
    const nothing = [
      undefined,
      { kind: 'absent' } as const,
      job('UNKNOWN'),
      job('RUNNING'),
      job('PENDING'),
      job('COMPLETED'),
    ];
    for (const answer of nothing) {
      expect(byJob).not.toContain(concludeOutcome({ ...base, job: answer, srun: srun(1) }).kind);
    }
  });
  test('the kernel`s own status is stronger than whatever the job says', () => {
    for (const state of JobState.options) {
      expect(concludeOutcome({ ...base, exit: exit({ code: 3 }), job: job(state) })).toMatchObject({
        kind: 'exited',
        status: 3,
      });
    }
  });
  test('property: total, one sentence, a status that a process can have, and never 0 but for a kernel that ended well', () => {
    const evidence = fc.record({
      exit: fc.option(
        fc.record({
          code: fc.option(fc.integer({ min: 0, max: 255 })),
          signal: fc.constantFrom(null, 'SIGKILL'),
          terminated: fc.boolean(),
        }),
        { nil: undefined },
      ),
      failed: fc.constantFrom(undefined, failed('cancelled'), failed('layer-invalid'), failed('internal')),
      greeted: fc.boolean(),
      stopped: fc.constantFrom(undefined, 'asked' as const, 'client-gone' as const),
      job: fc.constantFrom(
        undefined,
        { kind: 'absent' } as const,
        ...JobState.options.map((state) => job(state)),
      ),
      srun: fc.constantFrom(undefined, srun(0), srun(null), srun(1, 'x')),
    });
    fc.assert(
      fc.property(evidence, (given) => {
        const outcome = concludeOutcome({ ...base, ...given, exit: given.exit && exit(given.exit) });
        expect(outcome.sentence).toMatch(/^[A-Z].*\S$/);
        expect(outcome.status).toBeGreaterThanOrEqual(0);
        expect(outcome.status).toBeLessThan(256);
        if (outcome.status === 0) expect(given.exit?.code).toBe(0);
      }),
    );
  });
});

test('a kernel that ended by itself may be restarted at once, the end of a job not', () => {
  const again = ['exited', 'signalled', 'out-of-memory'] as const;
  const never = [
    'cancelled',
    'time-limit',
    'preempted',
    'node-failed',
    'image-failed',
    'refused',
    'lost',
  ] as const;
  for (const kind of again) expect(endsForGood(kind)).toBe(false);
  for (const kind of never) expect(endsForGood(kind)).toBe(true);
});
