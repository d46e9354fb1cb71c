import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pendingReason, SUBMITTING } from '../../../spawner/src/slurm/pending-reason.ts';

test('Slurm`s word with its meaning, and the word itself for whoever searches for it', () => {
  expect(pendingReason('Resources')).toBe('waiting for free resources (Resources)');
  expect(pendingReason('ReqNodeNotAvail, UnavailableNodes:n[1-3]')).toBe(
    'the nodes it needs are not available (reserved, drained or down); wait, or ask the centre (ReqNodeNotAvail, UnavailableNodes:n[1-3])',
  );
  expect(pendingReason('SomethingNew')).toBe('SomethingNew');
  expect(pendingReason('')).toBe('waiting');
});

test('a job that can never start says so, and what to do', () => {
  expect(pendingReason('PartitionConfig')).toBe(
    'no node of this partition has as much as it asks for (CPUs, memory, GPUs); it will not start like that; cancel, and ask for less, or choose another partition (PartitionConfig)',
  );
  for (const reason of [
    'PartitionNodeLimit',
    'PartitionTimeLimit',
    'MaxMemPerLimit',
    'BadConstraints',
    'InvalidQOS',
  ])
    expect(pendingReason(reason)).toMatch(/; it will not start like that; cancel, and /);
});

test('just submitted is no reason, and no word of Slurm`s', () => {
  expect(pendingReason('None')).toBe('Slurm has not looked at it yet');
  expect(SUBMITTING).toBe('the job is being submitted');
});

test('what squeue writes as a sentence', () => {
  const long = 'Nodes_required_for_job_are_DOWN,_DRAINED_or_reserved_for_jobs_in_higher_priority_partitions';
  expect(pendingReason(long)).toMatch(
    /^the nodes it needs are down, drained, or kept .*; wait, or ask the centre \(/,
  );
  expect(pendingReason(long.replaceAll('_', ' '))).toContain('the nodes it needs are down');
  expect(pendingReason('launch failed requeued held')).toMatch(/^held: its node could not begin it/);
});

test('property: total, never empty, the original is in it; names of Object.prototype mean nothing', () => {
  const reasons = fc.oneof(
    fc.string(),
    fc.constantFrom('constructor', 'toString', '__proto__', 'hasOwnProperty'),
  );
  fc.assert(
    fc.property(reasons, (reason) => {
      const words = pendingReason(reason);
      expect(words).not.toBe('');
      if (reason !== 'None') expect(words).toContain(reason);
      expect(words).not.toContain('native code');
    }),
  );
});
