import { expect, test } from '@jest/globals';
import { parseNodes } from '@berth/spawner/slurm';
import { nodeRecord } from '../../../server/src/sessions/node-record.ts';

function nodesOf() {
  const state = { address: '10.0.0.1', asked: 0, now: 0, silent: false };
  const record = nodeRecord(
    async () => {
      state.asked += 1;
      if (state.silent) throw new Error('no controller');
      return parseNodes(`n1|${state.address}|batch*|up|idle|0/8/0/8\n`);
    },
    () => state.now,
  );
  return { state, record };
}

test('many who want to know ask once', async () => {
  const { state, record } = nodesOf();
  await Promise.all(Array.from({ length: 50 }, () => record.addressOf('n1')));
  expect(state.asked).toBe(1);
});

test('a node that has come back under another address is found there, though it was known', async () => {
  const { state, record } = nodesOf();
  expect(await record.addressOf('n1')).toBe('10.0.0.1');
  state.address = '10.0.0.2';
  state.now = 61_000;
  expect(await record.addressOf('n1')).toBe('10.0.0.2');
});

test('while Slurm is silent an address holds for a minute, and no longer: by then it may be somebody else’s', async () => {
  const { state, record } = nodesOf();
  await record.addressOf('n1');
  [state.silent, state.now] = [true, 60_000];
  expect(await record.addressOf('n1')).toBe('10.0.0.1');
  expect(await record.addressOf('n2')).toBeUndefined();
  state.now = 120_000;
  expect(await record.addressOf('n1')).toBeUndefined();
  expect(await record.current(10_000)).toBeUndefined();
  state.silent = false;
  expect(await record.addressOf('n1')).toBe('10.0.0.1');
});
