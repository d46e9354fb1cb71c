/** The command as people run it: streams, exit statuses, a stop. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBerth } from './start-berth.ts';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-main-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startBerth(args, { HOME: home, ...env });

test('a failure is two lines on stderr and its exit status', async () => {
  const { status, stdout, stderr } = await start(['images', 'ls'], { BERTH_CONFIG: '/nonexistent' }).ended;
  expect([status, stdout, stderr.trimEnd().split('\n')]).toEqual([
    78,
    '',
    ['berth: There is no configuration at /nonexistent.', expect.stringMatching(/^berth: Write one/)],
  ]);
});

test('help, version and a mistyped verb', async () => {
  expect(await start(['--version']).ended).toMatchObject({ status: 0, stdout: 'berth 0.1.0\n' });
  expect((await start(['images', 'show', '--help']).ended).stdout).toMatch(
    /^usage: berth images show \[OPTIONS\] IMAGE\n/,
  );
  expect(await start(['imags', 'ls']).ended).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('"images ls"'),
  });
});

test('config check names each problem', async () => {
  const file = join(home, 'bad.yaml');
  await writeFile(file, 'store:\n  pth: /x\n');
  expect(await start(['config', 'check', '--config', file]).ended).toMatchObject({
    status: 78,
    stdout: `${file}:2: store.pth: unknown key (did you mean "path"?)\n`,
  });
});

describe('where the output goes nowhere', () => {
  test('a reader that has gone ends it without a word, as with any program', async () => {
    const { child, ended } = start(['--help']);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ status: 141, stderr: '' });
  });

  test.each([['--version'], ['images', 'ls', '--help'], ['kernel', '--help'], ['agent', '--help']])(
    'a full disk is told in words: %s %s %s',
    async (...args) => {
      const full = openSync('/dev/full', 'w');
      try {
        const { ended } = startBerth(args.filter(Boolean), { HOME: home }, full);
        expect(await ended).toMatchObject({
          status: 74,
          stderr: expect.stringMatching(/^berth: The output could not be written \(ENOSPC\)\.\nberth: .*\n$/),
        });
      } finally {
        closeSync(full);
      }
    },
  );
});

test('a stopped doctor accuses nobody, and does not wait for the command that it runs', async () => {
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'srun'), '#!/bin/sh\nexec /bin/sleep 60\n', { mode: 0o755 });
  const file = join(home, 'doctor.yaml');
  await writeFile(file, `slurm: {binDirectory: ${bin}}\n`);
  const began = performance.now();
  const { child, ended } = start(['doctor', '--quiet', '--config', file]);
  // "ok configuration": the Slurm commands are next
  await once(child.stdout ?? child, 'data');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({
    status: 130,
    stdout: `ok       configuration: ${file}\n`,
    stderr: expect.stringMatching(/^berth: Stopped on request\./),
  });
  expect(performance.now() - began).toBeLessThan(30_000);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops a scan of a registry that never answers: 130, nothing written',
  async (signal) => {
    const silent: Server = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const file = join(home, 'silent.yaml');
      const { port } = silent.address() as AddressInfo;
      await writeFile(file, `sources: {lab: {type: registry, url: "http://127.0.0.1:${port}"}}\n`);
      const { child, ended } = start(['kernels', 'sync', '--quiet', '--config', file]);
      await once(silent, 'request');
      child.kill(signal);
      expect(await ended).toMatchObject({
        status: 130,
        stdout: '',
        stderr: expect.stringMatching(/^berth: Stopped on request\./),
      });
      expect(await readdir(home)).not.toContain('.local');
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  },
);
