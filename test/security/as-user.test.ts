/** T35 and T40 for what acts as people: what it is given, and what of it reaches Slurm. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chown, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { orderText } from '../../server/src/sessions/as-person.ts';
import { fields, freshId, helperStand, STATE, writeProgram, type HelperStand } from './as-user-stand.ts';

let stand: HelperStand;
beforeAll(async () => {
  stand = await helperStand();
}, 60_000);
afterAll(() => stand?.down());

test('a submission: one argv, the script last, the data in a file that only they read, nothing of our environment', async () => {
  const order = fields({ partition: 'batch', data: `{"token":"${'x'.repeat(50)}\n$(touch /tmp/canary)"}` });
  const env = {
    LD_PRELOAD: '/tmp/evil.so',
    BASH_ENV: '/tmp/evil',
    SLURM_CONF: '/tmp/evil.conf',
    SBATCH_UID: '0',
    IFS: 'x',
  };
  const { status, stdout } = await stand.call(orderText('submit', order), {
    env: { ...env, LD_PRELOAD: '' },
  });
  expect([status, stdout]).toEqual([0, '77\n']);
  const argv = await stand.argvTold();
  expect(argv).toContain('--partition=batch');
  expect(argv).toContain(`--comment=berth-hub:${order.id}`);
  expect(argv).toContain('--no-requeue');
  expect(argv.slice(-2)).toEqual([join(stand.place, 'job'), order.id]);
  expect(argv.join(' ')).not.toContain('xxxx');
  const given = (await readFile(join(stand.told, 'env'), 'utf8')).split('\0').map((one) => one.split('=')[0]);
  expect(given.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', ''].includes(name ?? '')).sort()).toEqual(
    ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'SLURM_CONF', 'USER'].sort(),
  );
  expect(await readFile(join(stand.told, 'env'), 'utf8')).toContain('SLURM_CONF=/etc/slurm.conf');
  const file = join(stand.alice.home, STATE, `${order.id}.json`);
  expect(await readFile(file, 'utf8')).toBe(order.data);
  const { mode, uid } = await stat(file);
  expect([mode & 0o777, uid]).toEqual([0o600, stand.alice.uid]);
  expect((await stat(join(stand.alice.home, STATE))).mode & 0o777).toBe(0o700);
  // the same id again is no second job
  expect((await stand.call(orderText('submit', order))).status).toBe(65);
});

test('cancel names our jobs alone; list asks for their own; log gives the end of their own file and follows no link', async () => {
  expect((await stand.call(orderText('cancel', { id: freshId(), job: '4711' }))).status).toBe(0);
  expect(await stand.argvTold()).toEqual(['--name=berth-hub', `--user=${stand.alice.name}`, '4711']);
  expect((await stand.call(orderText('list', {}))).status).toBe(0);
  expect(await stand.argvTold()).toEqual(expect.arrayContaining(['--me', '--name=berth-hub']));
  // one job whatever its name is by now, and no list of all that they have
  expect((await stand.call(orderText('list', { job: '4711' }))).status).toBe(0);
  const one = await stand.argvTold();
  expect(one).toEqual(expect.arrayContaining(['--me', '--jobs=4711']));
  expect(one).not.toContain('--name=berth-hub');
  const id = freshId();
  await writeFile(join(stand.alice.home, STATE, `${id}.log`), `${'a'.repeat(20_000)}end\n`);
  await chown(join(stand.alice.home, STATE, `${id}.log`), stand.alice.uid, stand.alice.gid);
  const { stdout } = await stand.call(orderText('log', { id }));
  expect(stdout).toHaveLength(8192);
  expect(stdout.endsWith('end\n')).toBe(true);
  const link = freshId();
  execFileSync('ln', ['-s', '/etc/passwd', join(stand.alice.home, STATE, `${link}.log`)]);
  expect((await stand.call(orderText('log', { id: link }))).stdout).toBe('');
});

test('a job of ours whose name was changed is cancelled by its number; of what is not ours the name has to be (T40)', async () => {
  const bin = join(stand.place, 'bin');
  const [squeue, before] = [join(bin, 'squeue'), await readFile(join(bin, 'squeue'), 'utf8')];
  const id = freshId();
  const cancelled = async (said: string): Promise<string[]> => {
    await writeProgram(squeue, `#!/bin/sh\necho '${said}'\n`);
    expect((await stand.call(orderText('cancel', { id, job: '4711' }))).status).toBe(0);
    return stand.argvTold();
  };
  const job = join(stand.place, 'job');
  const byNumber = [`--user=${stand.alice.name}`, '4711'];
  try {
    expect(await cancelled(`${job} ${id}|thesis|`)).toEqual(byNumber);
    expect(await cancelled(`(null)|berth-hub:${id}|`)).toEqual(byNumber);
    for (const other of [`${job} ${freshId()}|thesis|`, '/home/x/job.sh|(null)|', '', 'x'.repeat(20_000)])
      expect(await cancelled(other)).toEqual(['--name=berth-hub', ...byNumber]);
  } finally {
    await writeProgram(squeue, before);
  }
  const program = await stand.without('slurm.c', 'if (!is_ours(', 'if (false && !is_ours(');
  await writeFile(`${program}.conf`, `slurm=${bin}\nscript=${job}\n`);
  expect((await stand.call(orderText('cancel', { id, job: '4711' }), { program })).status).toBe(0);
  expect(await stand.argvTold()).toEqual(byNumber);
}, 60_000);

describe('T35: what is no plain value is refused before anything is run', () => {
  test.each([
    ['partition', 'a b'],
    ['partition', '-p'],
    ['partition', 'x\n#SBATCH --uid=0'],
    ['partition', 'x\0y'],
    ['partition', '$(touch /tmp/canary)'],
    ['partition', 'a'.repeat(5000)],
    ['account', '--wrap=id'],
    ['qos', '`id`'],
    ['constraint', 'a;b'],
    ['gres', 'gpu:1 --uid=0'],
    ['cpus', '0'],
    ['cpus', '-1'],
    ['cpus', '99999'],
    ['memory', '1G;id'],
    ['time', '1 day'],
    ['until', '-1'],
    ['id', '0123456789abcdeF'],
    ['id', '../../../../etc/'],
    ['data', ''],
  ])('%s=%j', async (name, value) => {
    await rm(join(stand.told, 'argv'), { force: true });
    expect((await stand.call(orderText('submit', fields({ [name]: value })))).status).toBe(65);
    await expect(stat(join(stand.told, 'argv'))).rejects.toThrow();
  });

  test('whatever it takes reaches sbatch as one word each, behind its own option', async () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,20}$/);
    await fc.assert(
      fc.asyncProperty(name, name, name, async (partition, account, qos) => {
        const { status } = await stand.call(orderText('submit', fields({ partition, account, qos })));
        expect(status).toBe(0);
        const argv = await stand.argvTold();
        for (const word of [`--partition=${partition}`, `--account=${account}`, `--qos=${qos}`])
          expect(argv.filter((one) => one === word)).toHaveLength(1);
        expect(
          argv.every(
            (one) => one.startsWith('--') || one === join(stand.place, 'job') || /^[0-9a-f]{16}$/.test(one),
          ),
        ).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('T40: its protocol', () => {
  test.each([
    ['an argument', '', ['submit']],
    ['a verb that is none', 'berth-as-user 2 shell\n.\n', []],
    ['another version', 'berth-as-user 1 list\n.\n', []],
    ['no end', 'berth-as-user 2 list\n', []],
    ['more after the end', 'berth-as-user 2 list\n.\nid 1\n', []],
    ['a field of another verb', orderText('list', { id: '0'.repeat(16) }), []],
    ['a field twice', `berth-as-user 2 log\nid 16\n${'0'.repeat(16)}\nid 16\n${'0'.repeat(16)}\n.\n`, []],
    ['a field that is none', 'berth-as-user 2 list\nuid 1\n0\n.\n', []],
    ['a length that lies', 'berth-as-user 2 log\nid 15\n0000000000000000\n.\n', []],
    ['a length without end', 'berth-as-user 2 log\nid 99999\n0\n.\n', []],
    ['a negative length', 'berth-as-user 2 log\nid -1\n0\n.\n', []],
    ['1 MB', `berth-as-user 2 list\n${'x'.repeat(1_000_000)}`, []],
    ['nothing', '', []],
  ])('%s is refused', async (_, text, argv) => {
    expect((await stand.call(text, { argv })).status).toBe(65);
  });

  test('random bytes and broken orders never do anything, and the sanitizers stay silent', async () => {
    const valid = orderText('submit', fields({ partition: 'batch', gres: 'gpu:1' }));
    const broken = fc
      .tuple(fc.nat(valid.length), fc.nat(12), fc.uint8Array({ maxLength: 12 }))
      .map(([at, drop, put]) =>
        Buffer.concat([Buffer.from(valid.slice(0, at)), put, Buffer.from(valid.slice(at + drop))]),
      );
    const any = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: broken }, any), async (input) => {
        const { status, stderr } = await stand.call(input);
        expect([0, 65]).toContain(status);
        expect(stderr).not.toMatch(/Sanitizer|runtime error/);
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
