import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { askHubJobs, parseHubJob, parseHubJobs, parseOwnHubJob, parseOwnHubJobs } from '@berth/spawner/slurm';

const ID = '0123456789abcdef';

describe('a line of squeue', () => {
  test('of a running server', () => {
    expect(parseHubJob('alice|4711|RUNNING|2026-11-21T06:00:00|n1|None')).toMatchObject({
      user: 'alice',
      jobId: '4711',
      state: 'RUNNING',
      node: 'n1',
    });
  });
  test('of a waiting one has no node; a reason may hold the separator', () => {
    const job = parseHubJob('alice|4711|PENDING|N/A||(a|b)');
    expect(job).toMatchObject({ state: 'PENDING', node: '', reason: '(a|b)' });
    expect(job).not.toHaveProperty('start');
  });
  test('a state that is not known is no end', () => {
    expect(parseHubJob('alice|4711|NEWFANGLED|N/A||None')?.state).toBe('UNKNOWN');
  });
  test.each(['alice|x|RUNNING|N/A|n1|None', '|1|RUNNING|N/A|n1|None', 'alice|1|RUNNING|N/A|n1', ''])(
    '%j is none',
    (line) => expect(parseHubJob(line)).toBeUndefined(),
  );
  test('anything else neither', () => {
    fc.assert(fc.property(fc.string(), (line) => parseHubJob(line) === undefined));
  });
});

describe("a line of a person's own", () => {
  const line = (comment: string) => `alice|4711|RUNNING|N/A|n1|None|${comment}`;
  test('is found by its comment', () => {
    expect(parseOwnHubJob(line(`berth-hub:${ID}`))).toMatchObject({ id: ID, user: 'alice', jobId: '4711' });
    // whatever she has put before it, the job is hers
    const odd = parseOwnHubJob(line(`bob|42|CANCELLED|N/A||None|berth-hub:${ID}`));
    expect(odd).toMatchObject({ user: 'alice', jobId: '4711', state: 'RUNNING', reason: 'None' });
  });
  test.each(['berth:0123456789abcdef', `berth-hub:${ID}x`, '', 'thesis|chapter 2'])(
    '%j is no tag of ours, on a job that may be known by its number',
    (comment) => {
      const job = parseOwnHubJob(line(comment));
      expect(job).toMatchObject({ user: 'alice', jobId: '4711', state: 'RUNNING', node: 'n1' });
      expect(job).not.toHaveProperty('id');
      // by which people are told what they wait for
      expect(job?.reason).toBe('None');
    },
  );
  test('anything else neither', () => {
    fc.assert(fc.property(fc.string(), (text) => parseOwnHubJob(text) === undefined));
  });
});

test('an answer of which no line has our form is none', () => {
  expect(() => parseHubJobs('slurm is well\n')).toThrow('something else');
  expect(parseHubJobs('')).toEqual([]);
  expect(parseOwnHubJobs('alice|1|RUNNING|N/A|n1|None|other\n')).toHaveLength(1);
});

test('a question that fails throws, and never gives an empty list', async () => {
  const run = async () => ({
    status: 1,
    signal: null,
    stdout: '',
    stderr: 'slurm_load_jobs error: Unable to contact slurm controller\n',
  });
  await expect(askHubJobs(run, 'squeue')).rejects.toThrow('Unable to contact');
});
