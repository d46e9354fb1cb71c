import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import {
  currentProcess,
  formatIdentity,
  isDead,
  parseIdentity,
} from '../../../spawner/src/store/process-identity.ts';

test('a process knows itself, and what was written is read again', async () => {
  const me = await currentProcess();
  expect(parseIdentity(formatIdentity(me))).toEqual(me);
  expect(await isDead(me, me)).toBe(false);
});

test('gone, another one with the same pid, and a zombie are dead; one elsewhere is not known', async () => {
  const me = await currentProcess();
  expect(await isDead({ ...me, start: '1' }, me)).toBe(true);
  expect(await isDead({ ...me, node: 'elsewhere', pid: 2 ** 30 }, me)).toBe(false);
  const child = spawn('sleep', ['1000']);
  const pid = child.pid ?? 0;
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await isDead({ ...me, pid }, me)).toBe(true);
});

test.each(['', 'node\n1\n', 'node\n0\n5\n', 'node\nx\n5\n', 'node\n1\n5'])(
  '%j was not written whole',
  (text) => {
    expect(parseIdentity(text)).toBeUndefined();
  },
);
