import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { ownGate, type OwnGate } from '../gate/own-gate.ts';
import { checkedPrograms, gatePrograms } from '../place-program.ts';

const open: OwnGate[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gate) => gate.end()));
});

test('runs in any image: it needs no loader and no library, and is below 100 kB', async () => {
  const { shim } = await gatePrograms();
  const bytes = await readFile(shim);
  expect((await stat(shim)).size).toBeLessThan(100_000);
  // a program that is not static names its loader, and the libraries that it needs
  const PT_DYNAMIC = 2;
  const PT_INTERP = 3;
  const [first, size, count] = [
    Number(bytes.readBigUInt64LE(32)),
    bytes.readUInt16LE(54),
    bytes.readUInt16LE(56),
  ];
  const types = Array.from({ length: count }, (_, at) => bytes.readUInt32LE(first + at * size));
  expect(types.length).toBeGreaterThan(1);
  expect(types).not.toContain(PT_INTERP);
  expect(types).not.toContain(PT_DYNAMIC);
});

/** Where both are looked at, all that they were found to do wrong. */
test('valgrind finds nothing, in the gate nor in the shim', async () => {
  const checked = await checkedPrograms();
  const options = ['--quiet', '--error-exitcode=99', '--trace-children=no', '--leak-check=no'];
  const logs: string[] = [];
  const watched = async (directory: string): Promise<readonly string[]> => {
    const log = join(directory, `valgrind-${logs.length}`);
    await writeFile(log, '');
    logs.push(log);
    return [...options, `--log-file=${log}`];
  };
  const place = await ownGate();
  open.push(place);
  const wrapper = ['/usr/bin/valgrind', ...(await watched(place.directory))];
  const gate = await ownGate({ gate: checked.gate, wrapper });
  open.push(gate);
  const call = async (verb: string, words: readonly string[], more: object = {}) => {
    const name = join(gate.directory, verb);
    await symlink(checked.shim, name).catch(() => undefined);
    const all = [...(await watched(place.directory)), name, ...words];
    return gate.call('valgrind', { program: '/usr/bin/valgrind', words: all, ...more });
  };
  const env = (wish: string) => ({ env: [['STAND_IN', wish]] as const });
  expect((await call('squeue', ['a', ''])).status).toBe(0);
  expect((await call('squeue', ['a', ''])).status).toBe(0);
  expect((await call('srun', ['-n2', 'true'], env('exit 3'))).status).toBe(3);
  expect((await call('scancel', ['1'], env('kill 15'))).status).toBe(-15);
  expect((await call('sbatch', ['--wrap=a', '--wrap=b'])).status).toBe(126);
  const script = join(gate.directory, 'script.sh');
  await writeFile(script, '#!/bin/sh\ntrue\n');
  expect((await call('sbatch', [script])).status).toBe(0);
  expect((await call('sbatch', [], { input: Buffer.from('#!/bin/sh\ntrue\n') })).status).toBe(0);
  expect(
    (await call('srun', ['--berth-image=none', 'cat'], { ...env('copy'), input: Buffer.alloc(1e6) })).stdout,
  ).toHaveLength(1e6);
  expect((await call('sinfo', [], { closed: [0] })).status).toBe(0);
  gate.process.kill('SIGKILL');
  expect((await call('sinfo', [])).status).toBe(69);
  for (const log of logs) expect(await readFile(log, 'utf8')).toBe('');
});
