import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideStart } from '../../../server/src/launches/start-decision.ts';
import { cancelled, LARGE, SMALL } from './board-fixture.ts';

const at = (second: number): string =>
  new Date(Date.parse('2026-11-21T03:00:00Z') + second * 1000).toISOString();

test.each([
  ['agreed', undefined, 1, 'go'],
  ['never asked', undefined, undefined, 'ask'],
  ['ended, nothing said since', 5, 1, 'refuse'],
  ['ended, never asked', 5, undefined, 'refuse'],
  ['ended in the moment of the word', 5, 5, 'refuse'],
  ['ended, and a word since', 5, 6, 'go'],
] as const)('%s', (_, end, word, kind) => {
  const after = end === undefined ? undefined : cancelled(at(end));
  const agreed = word === undefined ? undefined : { resources: LARGE, at: at(word) };
  const decision = decideStart({ after, agreed, lastWord: agreed?.at, used: undefined, proposal: SMALL });
  expect(decision.kind).toBe(kind);
  if (decision.kind === 'go') expect(decision.resources).toBe(LARGE);
  if (decision.kind === 'ask') expect(decision.resources).toBe(SMALL);
  if (decision.kind === 'refuse')
    expect(decision.sentence).toBe('Job 7 was cancelled. Not started again by itself.');
});

test('the word that the ended start went with starts no other, also where a clock that was set back says it is newer', () => {
  const agreed = { resources: LARGE, at: at(9) };
  const asked = { after: cancelled(at(5)), agreed, lastWord: agreed.at, proposal: SMALL };
  expect(decideStart({ ...asked, used: agreed.at }).kind).toBe('refuse');
  expect(decideStart({ ...asked, used: at(1) }).kind).toBe('go');
});

test('property: it never goes without a word, and never on one that is older than the end', () => {
  const time = fc.option(fc.nat(20), { nil: undefined });
  fc.assert(
    fc.property(time, time, (end, word) => {
      const agreed = word === undefined ? undefined : { resources: LARGE, at: at(word) };
      const after = end === undefined ? undefined : cancelled(at(end));
      const { kind } = decideStart({ after, agreed, lastWord: agreed?.at, used: undefined, proposal: SMALL });
      expect(kind === 'go').toBe(word !== undefined && (end === undefined || word > end));
    }),
  );
});
