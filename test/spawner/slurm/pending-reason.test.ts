import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pendingReason } from '../../../spawner/src/slurm/pending-reason.ts';

test('Slurm`s word with its meaning, and the word itself for whoever searches for it', () => {
  expect(pendingReason('Resources')).toBe('waiting for free resources (Resources)');
  expect(pendingReason('ReqNodeNotAvail, UnavailableNodes:n[1-3]')).toBe(
    'the nodes it needs are not available (reserved, drained or down) (ReqNodeNotAvail, UnavailableNodes:n[1-3])',
  );
  expect(pendingReason('SomethingNew')).toBe('SomethingNew');
  expect(pendingReason('')).toBe('waiting');
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
      expect(words).toContain(reason);
      expect(words).not.toContain('native code');
    }),
  );
});
