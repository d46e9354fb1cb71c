import { describe, expect, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import fc from 'fast-check';
import { askJobs, livingBatches, parseJobLine, silenceWords } from '../../../spawner/src/slurm/job-list.ts';
import type { CommandResult } from '../../../spawner/src/slurm/run-command.ts';
import { JOB_LIST_FIELDS } from '../../../spawner/src/slurm/slurm-language.ts';

/** A time of this host's zone as Slurm writes it -> the moment. */
const here = (text: string): string => new Date(text).toISOString().replace('.000', '');

// recorded from squeue 22.05.8 with our format
const RUNNING =
  'berth:0123456789abcdef|10:00|450M|N/A|berth-python3-0123456789abcdef|N/A|2|RUNNING|2026-11-21T06:34:25|9:58|main|1|n1|None';
const PENDING =
  'berth:00000000000000ff|1-00:00:00|64G|gres:gpu:1|berth-x|N/A|107|PENDING|N/A|1-00:00:00|gpu|8||Resources';

describe('one line', () => {
  test('running', () => {
    expect(parseJobLine(RUNNING)).toEqual({
      kind: 'kernel',
      launchId: '0123456789abcdef',
      index: '',
      name: 'berth-python3-0123456789abcdef',
      memory: '450M',
      gres: '',
      timeLimit: 600,
      allocation: {
        jobId: '2',
        state: 'RUNNING',
        reason: 'None',
        nodes: 'n1',
        partition: 'main',
        cpus: 1,
        estimatedStart: here('2026-11-21T06:34:25'),
        timeLeft: 598,
      },
    });
  });
  test('that of our own, whoever made it; one that Berth made stays what it is', () => {
    const foreign = RUNNING.replace('berth:0123456789abcdef', 'jupyterhub');
    const [own, other] = [JobId.parse('2'), JobId.parse('3')];
    expect(parseJobLine(foreign, own)).toMatchObject({ kind: 'own', launchId: '', memory: '450M' });
    expect(parseJobLine(RUNNING, own)).toMatchObject({ kind: 'kernel' });
    expect(parseJobLine(foreign, other)).toBeUndefined();
    expect(parseJobLine(foreign)).toBeUndefined();
  });
  test('pending, with a GPU as Slurm writes it', () => {
    expect(parseJobLine(PENDING)).toMatchObject({
      gres: 'gpu:1',
      timeLimit: 86_400,
      allocation: { state: 'PENDING', reason: 'Resources' },
    });
  });
  test('unlimited', () => {
    expect(parseJobLine(PENDING.replaceAll('1-00:00:00', 'UNLIMITED'))?.timeLimit).toBeUndefined();
  });
  test('one element of a notebook`s sweep, and those of it that wait', () => {
    const batch = RUNNING.replace('berth:', 'berth-job:');
    expect(parseJobLine(batch.replace('|N/A|2|', '|4|2|'))).toMatchObject({
      kind: 'batch',
      launchId: '0123456789abcdef',
      index: '4',
    });
    expect(parseJobLine(batch.replace('|N/A|2|', '|5-11%2|2|'))?.index).toBe('5-11%2');
  });
  test.each([
    '',
    '(null)|10:00|50M|N/A|wrap|N/A|3|RUNNING|N/A|9:58|main|1|n1|None',
    'mine|berth:0123456789abcdef|10:00|50M|N/A|wrap|N/A|3|RUNNING|N/A|9:58|main|1|n1|None',
    RUNNING.replace('berth:', 'xberth:'),
    RUNNING.replace('berth:0123456789abcdef', 'berth:0123'),
    RUNNING.replace('|2|', '|2_4|'),
  ])('not one of ours: %s', (line) => expect(parseJobLine(line)).toBeUndefined());
  test('property: total, and what comes out is ours', () => {
    const part = fc.string({ unit: fc.constantFrom(...'0123456789|RUNG:-/ berth'.split('')), maxLength: 80 });
    const ours = part.map((text) => `berth:0123456789abcdef|${text}`);
    fc.assert(
      fc.property(fc.oneof(part, ours, fc.string()), (line) => {
        const job = parseJobLine(line);
        if (job)
          expect([/^[a-f0-9]{16}$/.test(job.launchId), /^\d+$/.test(job.allocation.jobId)]).toEqual([
            true,
            true,
          ]);
      }),
    );
  });
});

describe('one question for all', () => {
  const answering = (result: Partial<CommandResult>) => {
    const asked: (readonly string[])[] = [];
    const run = async (argv: readonly string[]): Promise<CommandResult> => {
      asked.push(argv);
      return { status: 0, signal: null, stdout: '', stderr: '', ...result };
    };
    return { asked, run };
  };
  test('the caller`s jobs, those that have not ended; only ours come out', async () => {
    const { asked, run } = answering({
      stdout: `${RUNNING}\n(null)|1|1|N/A|w|N/A|3|RUNNING|N/A|1:00|m|1|n1|None\n${PENDING}\n`,
    });
    expect((await askJobs(run, 'squeue')).map(({ allocation }) => allocation.jobId)).toEqual(['2', '107']);
    // those of hidden partitions too; without a list of states, with which squeue leaves out those that have a flag
    expect(asked).toEqual([['squeue', '--noheader', '--me', '--all', `--format=${JOB_LIST_FIELDS}`]]);
  });
  test('those that have ended, while Slurm remembers them', async () => {
    const timedOut = RUNNING.replace('RUNNING', 'TIMEOUT');
    const going = ['RUNNING', 'REQUEUE_HOLD', 'STAGE_OUT', 'RETRYING'].map((state) =>
      RUNNING.replace('RUNNING', state),
    );
    const { asked, run } = answering({ stdout: [...going, timedOut, ''].join('\n') });
    expect((await askJobs(run, 'squeue', 'ended')).map(({ allocation }) => allocation.state)).toEqual([
      'TIMEOUT',
    ]);
    expect(asked[0]).toContain('--states=all');
  });
  test('the numbers of batch jobs by their ids; jobs of kernels and of others are none', async () => {
    const lines = [
      'berth-job:00000000000000a1|80',
      'berth-job:00000000000000a1|80',
      'berth:00000000000000a2|81',
    ];
    const { asked, run } = answering({
      stdout: [...lines, '(null)|82', 'berth-job:00000000000000a3|x', ''].join('\n'),
    });
    expect([...(await livingBatches(run, 'squeue'))]).toEqual([['00000000000000a1', '80']]);
    expect(asked[0]).toEqual(['squeue', '--noheader', '--me', '--all', '--format=%k|%F']);
  });
  test('a query for numbers that fails throws (F1)', async () => {
    const { run } = answering({ status: 1, stdout: 'berth-job:00000000000000a1|80\n', stderr: 'Zero Bytes' });
    await expect(livingBatches(run, 'squeue')).rejects.toThrow('Zero Bytes');
  });
  test('no job is an answer', async () => {
    expect(await askJobs(answering({}).run, 'squeue')).toEqual([]);
  });
  test('an answer without one line of our form throws, and jobs of others alone do not (F1)', async () => {
    const alien = answering({ stdout: 'JOBID PARTITION\n7 main\n' });
    await expect(askJobs(alien.run, 'squeue')).rejects.toThrow('something else than a list of jobs');
    const others = answering({ stdout: '(null)|1|1|N/A|w|1-9|3_[1-9]|PENDING|N/A|1:00|m|1||None\n' });
    expect(await askJobs(others.run, 'squeue')).toEqual([]);
  });
  test('a query that fails throws, whatever it printed: it never means that anything ended (F1)', async () => {
    const { run } = answering({
      status: 1,
      stdout: RUNNING,
      stderr: 'slurm_load_jobs error: Zero Bytes were received\n',
    });
    await expect(askJobs(run, 'squeue')).rejects.toThrow('Zero Bytes were received');
  });
});

test.each([
  [
    'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n',
    1,
    'Unable to contact slurm controller (connect failure)',
  ],
  [
    'squeue: error: If munged is up, restart with --num-threads=10\nsqueue: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2": No such file or directory\nslurm_load_jobs error: Protocol authentication error\n',
    1,
    'munge does not work here: Munge encode failed: Failed to access "/run/munge/munge.socket.2": No such file or directory',
  ],
  ['', null, 'it took too long'],
  ['', 3, 'it ended with 3 and no word'],
])('why Slurm is silent: %j', (stderr, status, words) => expect(silenceWords(stderr, status)).toBe(words));
