import { expect, test } from '@jest/globals';
import { backOff } from '../../../extension/src/client/event-link.ts';

test('dials again soon, then less and less often, never more than 15 s apart', () => {
  expect([0, 1, 2, 5, 6, 100].map(backOff)).toEqual([250, 500, 1000, 8000, 15_000, 15_000]);
});
