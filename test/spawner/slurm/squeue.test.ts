import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { JobId, JobState } from '@berth/schema';
import fc from 'fast-check';
import type { CommandResult } from '../../../spawner/src/slurm/run-command.ts';
import { SQUEUE_FORMAT } from '../../../spawner/src/slurm/slurm-language.ts';
import { askJob, parseSqueueLine, parseTimeLeft } from '../../../spawner/src/slurm/squeue.ts';

/** A time of this host's zone as Slurm writes it -> the moment. */
const here = (text: string): string => new Date(text).toISOString().replace('.000', '');

describe('time left', () => {
  test.each([
    ['3:04', 184],
    ['0:00', 0],
    ['2:03:04', 7384],
    ['1-02:03:04', 93784],
    ['UNLIMITED', undefined],
    ['NOT_SET', undefined],
    ['INVALID', undefined],
    ['', undefined],
    ['5', undefined],
  ])('%s', (text, seconds) => expect(parseTimeLeft(text)).toBe(seconds));

  test('property: what Slurm would write for so many seconds is so many seconds', () => {
    const two = (value: number): string => String(value).padStart(2, '0');
    fc.assert(
      fc.property(fc.nat(400 * 86400), (seconds) => {
        const [d, h, m, s] = [
          Math.floor(seconds / 86400),
          Math.floor(seconds / 3600) % 24,
          Math.floor(seconds / 60) % 60,
          seconds % 60,
        ] as const;
        const text =
          d > 0
            ? `${d}-${two(h)}:${two(m)}:${two(s)}`
            : h > 0
              ? `${h}:${two(m)}:${two(s)}`
              : `${m}:${two(s)}`;
        expect(parseTimeLeft(text)).toBe(seconds);
      }),
    );
  });

  test('property: total, and a number is finite', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789:-DAY '.split('')), maxLength: 400 }),
        (text) => {
          const seconds = parseTimeLeft(text);
          expect(seconds === undefined || Number.isFinite(seconds)).toBe(true);
        },
      ),
    );
  });
});

// recorded from squeue 22.05.8 with our format; the free text of the reason was made harder
const RUNNING = '105|RUNNING|2026-11-21T03:06:58|59:41|main|2|n1|None';
const PENDING = '106|PENDING|N/A|1:00:00|main|8||Resources';
const PIPES = '107|PENDING|2026-11-21T04:00:00|UNLIMITED|gpu|1||ReqNodeNotAvail, UnavailableNodes:n1|n2|';

describe('one line of squeue', () => {
  test('running', () => {
    expect(parseSqueueLine(RUNNING)).toEqual({
      jobId: '105',
      state: 'RUNNING',
      reason: 'None',
      nodes: 'n1',
      partition: 'main',
      cpus: 2,
      estimatedStart: here('2026-11-21T03:06:58'),
      timeLeft: 3581,
    });
  });
  test('pending without an estimate', () => {
    const { estimatedStart, state, reason, nodes } = parseSqueueLine(PENDING) ?? {};
    expect({ estimatedStart, state, reason, nodes }).toEqual({
      estimatedStart: undefined,
      state: 'PENDING',
      reason: 'Resources',
      nodes: '',
    });
  });
  test('the reason is free text, "|" included', () => {
    expect(parseSqueueLine(PIPES)?.reason).toBe('ReqNodeNotAvail, UnavailableNodes:n1|n2|');
  });
  test('a state that we do not know is UNKNOWN, which never means an end', () => {
    expect(parseSqueueLine('1|RETRYING|N/A|0:00|main|1||None')?.state).toBe('UNKNOWN');
  });
  test.each([
    ['REQUEUE_HOLD', 'PENDING'],
    ['SPECIAL_EXIT', 'PENDING'],
    ['STOPPED', 'SUSPENDED'],
    ['SIGNALING', 'RUNNING'],
    ['STAGE_OUT', 'COMPLETING'],
  ])('a flag that squeue writes in place of the state: %s', (flag, state) => {
    expect(parseSqueueLine(`1|${flag}|N/A|0:00|main|1||None`)?.state).toBe(state);
  });
  test.each([
    '',
    'slurm_load_jobs error: Unable to contact slurm controller',
    '106_4|PENDING|N/A|1:00|main|1||None',
    '1|R',
  ])('not one of ours: %s', (line) => expect(parseSqueueLine(line)).toBeUndefined());
  test('property: total on random text, and what comes out is of known words', () => {
    const line = fc.string({ unit: fc.constantFrom(...'0123456789|RUNING:-/ A()'.split('')), maxLength: 80 });
    fc.assert(
      fc.property(fc.oneof(line, fc.string()), (text) => {
        const parsed = parseSqueueLine(text);
        if (parsed) {
          expect(JobId.safeParse(parsed.jobId).success && JobState.safeParse(parsed.state).success).toBe(
            true,
          );
          expect(Number.isFinite(parsed.cpus)).toBe(true);
        }
      }),
    );
  });
});

describe('asking for one job', () => {
  const jobId = JobId.parse('105');
  const answering = (result: Partial<CommandResult>) => {
    const asked: (readonly string[])[] = [];
    const run = async (argv: readonly string[]): Promise<CommandResult> => {
      asked.push(argv);
      return { status: 0, signal: null, stdout: '', stderr: '', ...result };
    };
    return { asked, run };
  };

  test('by id or by name and user, ended jobs too', async () => {
    const { asked, run } = answering({ stdout: `${RUNNING}\n` });
    expect(await askJob(run, 'squeue', { jobId })).toMatchObject({
      kind: 'known',
      allocation: { state: 'RUNNING' },
    });
    await askJob(run, 'squeue', { jobName: 'berth-x', user: 'alice' });
    expect(asked[0]).toEqual([
      'squeue',
      '--noheader',
      '--all',
      '--states=all',
      `--format=${SQUEUE_FORMAT}`,
      '--jobs=105',
    ]);
    expect(asked[1]?.slice(-2)).toEqual(['--name=berth-x', '--user=alice']);
  });
  test('a job that is part of an array is found by its own id, not shown as ARRAY_TASK', () => {
    expect(SQUEUE_FORMAT.split('|')[0]).toBe('%A');
  });
  test('no such job is an answer', async () => {
    expect(await askJob(answering({}).run, 'squeue', { jobId })).toEqual({ kind: 'absent' });
    const gone = { status: 1, stderr: 'slurm_load_jobs error: Invalid job id specified\n' };
    expect(await askJob(answering(gone).run, 'squeue', { jobId })).toEqual({ kind: 'absent' });
  });
  test.each([
    { status: 1, stderr: 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n' },
    { status: null, signal: 'SIGKILL' as const },
    { status: 0, stdout: 'something of a wrapper script\n' },
  ])('a query that fails throws: it never means that the job ended (%j)', async (result) => {
    await expect(askJob(answering(result).run, 'squeue', { jobId })).rejects.toThrow();
  });
});

test('the expected start is a moment, whatever the zone of the host', () => {
  const script = `import { parseSqueueLine } from ${JSON.stringify(join(import.meta.dirname, '../../../spawner/src/slurm/squeue.ts'))};
    console.log(parseSqueueLine('7|PENDING|2026-11-21T03:06:58|1:00|main|1||Resources').estimatedStart)`;
  const at = (zone: string): string =>
    execFileSync(process.execPath, ['--conditions=berth-source', '--input-type=module', '--eval', script], {
      encoding: 'utf8',
      env: { TZ: zone },
    }).trim();
  expect(at('UTC')).toBe('2026-11-21T03:06:58Z');
  expect(at('Asia/Tokyo')).toBe('2026-11-20T18:06:58Z');
});
