import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFrame } from '../../../spawner/src/launch/frames.ts';
import { jsonLines } from '../../../spawner/src/launch/json-lines.ts';
import { deriveKeys, makeKeyPair, seal } from '../../../spawner/src/launch/key-exchange.ts';
import { ToLauncher } from '../../../spawner/src/launch/messages.ts';
import { encodeOrder } from '../../../spawner/src/launch/place-order.ts';
import { until } from '../launch/until.ts';
import { orderIn, workspace } from './placed.ts';
import { placeProgram } from './place-program.ts';

/** the frame that tells of a kernel */

const BEGAN = /B\0\0\0.[0-9]+ [0-9]{13} /;

let path: string;
let remove: () => Promise<void>;
const children = new Set<ChildProcess>();
beforeEach(async () => {
  ({ path, remove } = await workspace());
});
afterEach(async () => {
  for (const child of children) {
    child.stdin?.end();
    await until(() => child.exitCode !== null || child.signalCode !== null);
  }
  children.clear();
  await remove();
});

/** A place as srun starts it; the agent beside it writes what it is told into a file. */
async function remote() {
  const agent = join(path, 'agent.sh');
  const told = join(path, 'told');
  await writeFile(agent, `#!/bin/sh\ncat <&3 >>'${told}'\n`);
  await chmod(agent, 0o755);
  const env = { PATH: '/usr/bin:/bin', SLURM_JOB_ID: '77', SLURM_STEP_ID: '3', SLURMD_NODENAME: 'n"1' };
  const child = spawn(await placeProgram(), ['agent', agent], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  writeFrame(child.stdin, 'P', encodeOrder(orderIn(path, 'exec sleep 1000')));
  const { value } = await jsonLines(child.stdout, () => undefined).next();
  const hello = ToLauncher.parse(value);
  if (hello.type !== 'hello') throw new Error(hello.type);
  return { child, hello, told: () => (existsSync(told) ? readFileSync(told, 'latin1') : '') };
}

test('the greeting: a line of JSON, with the step, and no name that would have to be escaped', async () => {
  const { hello } = await remote();
  expect(hello).toMatchObject({ jobId: '77', stepId: '3', node: expect.stringMatching(/^[A-Za-z0-9._-]+$/) });
  expect(Math.abs(hello.began - Date.now())).toBeLessThan(60_000);
  expect(Buffer.from(hello.publicKey, 'base64')).toHaveLength(32);
});

test('what the launcher seals is opened, and the agent gets the same key for the streams', async () => {
  const { child, hello, told } = await remote();
  const keys = makeKeyPair();
  const derived = deriveKeys(keys, Buffer.from(hello.publicKey, 'base64'), '0123456789abcdef');
  writeFrame(child.stdin, 'S', Buffer.concat([keys.publicKey, seal(derived.seal, '{"key":"é"}')]));
  await until(() => told().includes(`K\0\0\0\x20${derived.stream.toString('latin1')}`));
  expect(told()).toMatch(BEGAN);
});

test.each([
  ['another launch', 'fedcba9876543210', (sealed: Buffer) => sealed],
  [
    'a changed byte',
    '0123456789abcdef',
    (sealed: Buffer) => Buffer.from(sealed.map((byte, at) => (at === 3 ? byte ^ 1 : byte))),
  ],
  ['a cut', '0123456789abcdef', (sealed: Buffer) => sealed.subarray(0, -1)],
  ['nothing but a tag', '0123456789abcdef', (sealed: Buffer) => sealed.subarray(-15)],
])('%s is refused, and no kernel started', async (_name, launch, change) => {
  const { child, hello, told } = await remote();
  const keys = makeKeyPair();
  const { seal: key } = deriveKeys(keys, Buffer.from(hello.publicKey, 'base64'), launch);
  writeFrame(child.stdin, 'S', Buffer.concat([keys.publicKey, change(seal(key, '{}'))]));
  await until(() => told().includes('internal\nWhat the launcher has sealed'));
  expect(told()).not.toMatch(BEGAN);
});

test.each([Buffer.alloc(0), Buffer.alloc(47), Buffer.alloc(80), Buffer.alloc(80, 255)])(
  'a key that is none, or the point that makes every secret zero: %j',
  async (bytes) => {
    const { child, told } = await remote();
    writeFrame(child.stdin, 'S', bytes);
    await until(() => told().includes('internal\n'));
    expect(told()).not.toMatch(BEGAN);
  },
);
