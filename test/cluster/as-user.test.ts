import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { asUser, runAs } from './as-user.ts';
import { ALICE, BOB, ensureUsers } from './users.ts';

test('the users are ordinary, their homes private, one outside /home', async () => {
  const { alice, bob } = await ensureUsers();
  expect([alice.name, bob.name]).toEqual([ALICE, BOB]);
  expect(Math.min(alice.uid, bob.uid)).toBeGreaterThanOrEqual(2000);
  expect(alice.home).toMatch(/^\/home\//);
  expect(bob.home).not.toMatch(/^\/home\//);
  for (const user of [alice, bob]) {
    const mode = await runAs(user, {}, ['stat', '-c', '%a %U', user.home]);
    expect(mode.stdout).toBe(`700 ${user.name}\n`);
  }
  expect((await runAs(bob, {}, ['ls', alice.home], { cwd: '/' })).status).not.toBe(0);
});

test('a command has the user’s ids and groups, no capability, and only the given environment', async () => {
  const { alice } = await ensureUsers();
  const script = 'id -u; id -G; pwd; grep CapEff /proc/self/status; env | sort';
  const { stdout, status } = await runAs(alice, { SLURM_CONF: '/x' }, ['bash', '-c', script]);
  expect(status).toBe(0);
  // as the machine has it, which may have put the user into more than one
  const groups = execFileSync('id', ['-G', alice.name], { encoding: 'utf8' }).trim();
  expect(groups.split(' ')).toContain(String(alice.gid));
  expect(stdout.split('\n')).toEqual([
    String(alice.uid),
    groups,
    alice.home,
    'CapEff:\t0000000000000000',
    `HOME=${alice.home}`,
    'LANG=C.UTF-8',
    `LOGNAME=${alice.name}`,
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `PWD=${alice.home}`,
    'SHELL=/bin/bash',
    'SHLVL=1',
    'SLURM_CONF=/x',
    `USER=${alice.name}`,
    '_=/usr/bin/env',
    '',
  ]);
});

test('arguments reach the command as they are; input, status and streams too', async () => {
  const { bob } = await ensureUsers();
  expect(asUser(bob, {}, ['x', 'a b', '$HOME', '']).args.slice(-4)).toEqual(['x', 'a b', '$HOME', '']);
  const result = await runAs(bob, {}, ['bash', '-c', 'cat; echo err >&2; exit 7'], { input: 'in' });
  expect(result).toEqual({ status: 7, signal: null, stdout: 'in', stderr: 'err\n' });
});

test('a command that takes too long is killed with what it has started', async () => {
  const { alice } = await ensureUsers();
  const result = await runAs(alice, {}, ['bash', '-c', 'sleep 1000 & wait'], { timeoutMs: 200 });
  expect(result).toMatchObject({ status: null, signal: 'SIGKILL' });
});
