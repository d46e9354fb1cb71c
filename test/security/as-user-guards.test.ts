/** T39 and T40 for what acts as people: whom it serves, what it must be, how it ends; and what happens without its guards. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { orderText } from '../../server/src/sessions/as-person.ts';
import { until } from '../cluster/until.ts';
import { fields, freshId, helperStand, STATE, writeProgram, type HelperStand } from './as-user-stand.ts';

let stand: HelperStand;
beforeAll(async () => {
  stand = await helperStand();
}, 60_000);
afterAll(() => stand?.down());

describe('T39, T40: who it serves, and what it must be', () => {
  test.each([
    ['root', { name: 'root', uid: 0, gid: 0, home: '/root' }],
    ['an account of the system', { name: 'daemon', uid: 1, gid: 1, home: '/usr/sbin' }],
    ['nobody', { name: 'nobody', uid: 65_534, gid: 65_534, home: '/nonexistent' }],
    ['a number without a name', { name: 'nobody', uid: 54_321, gid: 54_321, home: '/' }],
  ])('%s: nothing', async (_, become) => {
    expect((await stand.call(orderText('list', {}), { become })).status).toBe(77);
  });

  test.each([
    ['where others may write beside it', async (copy: string) => chmod(copy, 0o777)],
    ['where it is not root’s', async (copy: string) => chown(copy, stand.alice.uid, stand.alice.gid)],
    [
      'with a configuration that others may write',
      async (copy: string) => chmod(join(copy, 'berth-as-user.conf'), 0o666),
    ],
    ['with a script that others may write', async (copy: string) => chmod(join(copy, 'job'), 0o775)],
  ])('%s it does nothing', async (_, spoil) => {
    const copy = join(stand.place, `copy-${freshId()}`);
    await mkdir(copy);
    for (const name of ['berth-as-user-hardened', 'job']) await cp(join(stand.place, name), join(copy, name));
    await writeFile(join(copy, 'berth-as-user.conf'), `slurm=${stand.place}/bin\nscript=${copy}/job\n`);
    const program = join(copy, 'berth-as-user-hardened');
    expect((await stand.call(orderText('list', {}), { program })).status).toBe(0);
    await spoil(copy);
    expect((await stand.call(orderText('list', {}), { program })).status).toBe(77);
  });

  test('without that look, a program beside it that anybody changed is run', async () => {
    const program = await stand.without('site.c', 'if (!of_root(&found))', 'if (of_root(&found) && false)');
    await chmod(`${program}.conf`, 0o666);
    expect((await stand.call(orderText('list', {}), { program })).status).toBe(0);
  });

  test('without the look at the account, it acts for root', async () => {
    const refusal = 'refuse(MUST_NOT, "nothing is done for this account");';
    const program = await stand.without('person.c', refusal, '(void)0;');
    const root = { name: 'root', uid: 0, gid: 0, home: userInfo().homedir };
    const state = join(root.home, STATE);
    // what root itself keeps there on this machine is not the test's
    const before = await stat(state).catch(() => undefined);
    expect((await stand.call(orderText('list', {}), { program, become: root })).status).toBe(0);
    expect((await readFile(join(stand.told, 'uid'), 'utf8')).trim()).toBe('0');
    if (before === undefined) await rm(state, { recursive: true, force: true });
    for (const name of await readdir(stand.told)) await rm(join(stand.told, name));
  });

  test('without the forms of values an id leads out of its directory, and a line end into what Slurm is given (T35)', async () => {
    const check = 'if (form->first == NULL) return;';
    const program = await stand.without(
      'order.c',
      check,
      'if (form->first == NULL || form->least > 0) return;',
    );
    const outside = join(stand.alice.home, '.local/state/berth/escaped-12345.json');
    try {
      const order = fields({ id: '../escaped-12345', partition: 'x\n#SBATCH --uid=0' });
      expect((await stand.call(orderText('submit', order), { program })).status).toBe(0);
      expect(await readFile(outside, 'utf8')).toBe(order.data);
      expect(await stand.argvTold()).toContain('--partition=x\n#SBATCH --uid=0');
      expect((await stand.call(orderText('submit', order))).status).toBe(65);
    } finally {
      await rm(outside, { force: true });
    }
  });

  test('without an environment made anew, what sudo let through reaches Slurm', async () => {
    const program = await stand.without('person.c', 'if (clearenv() != 0 || ', 'if (');
    const env = { SBATCH_UID: '0', BASH_ENV: '/tmp/evil' };
    const given = async (): Promise<string[]> =>
      (await readFile(join(stand.told, 'env'), 'utf8')).split('\0');
    expect((await stand.call(orderText('submit', fields()), { program, env })).status).toBe(0);
    expect(await given()).toContain('SBATCH_UID=0');
    expect((await stand.call(orderText('submit', fields()), { env })).status).toBe(0);
    expect((await given()).join()).not.toMatch(/SBATCH_UID|BASH_ENV/);
  });

  test('without the look at the command line, a verb could be given there, past the rule of sudo', async () => {
    const program = await stand.without('main.c', 'if (argc != 1)', 'if (argc > 9)');
    expect((await stand.call(orderText('list', {}), { program, argv: ['submit'] })).status).toBe(0);
    expect((await stand.call(orderText('list', {}), { argv: ['submit'] })).status).toBe(65);
  });

  test('without the look at which fields a verb has, more than its own are taken', async () => {
    const odd = orderText('list', { id: '0'.repeat(16) });
    const check = 'if (given && !((verbs[which].needs';
    const program = await stand.without('order.c', check, 'if (false && given && !((verbs[which].needs');
    expect((await stand.call(odd, { program })).status).toBe(0);
    expect((await stand.call(odd)).status).toBe(65);
  });
});

test('what waits too long ends, and what it runs with it: a submission never outlives who asked for it (F11)', async () => {
  const program = await stand.without('main.c', '#define PATIENCE 15', '#define PATIENCE 6');
  const bin = join(program, '../bin');
  await writeProgram(join(bin, 'sbatch'), `#!/bin/sh\necho $$ >${stand.told}/slow\nexec sleep 60\n`);
  await writeFile(`${program}.conf`, `slurm=${bin}\nscript=${stand.place}/job\n`);
  const order = fields();
  const { status } = await stand.call(orderText('submit', order), { program });
  expect(status).not.toBe(0);
  const slow = Number(await readFile(join(stand.told, 'slow'), 'utf8'));
  expect(
    await until(
      async () =>
        stat(`/proc/${slow}`).then(
          () => false,
          () => true,
        ),
      5_000,
      50,
    ),
  ).toBe(true);
  // the controller may have heard it: what its job would read stays, until it is known that there is none
  const file = join(stand.alice.home, STATE, `${order.id}.json`);
  expect(await readFile(file, 'utf8')).toBe(order.data);
  expect((await stand.call(orderText('cancel', { id: order.id }))).status).toBe(0);
  await expect(stat(file)).rejects.toThrow();
}, 30_000);

test('an order that sudo let through too late submits nothing, and leaves nothing (F11)', async () => {
  const now = Math.floor(Number(process.hrtime.bigint()) / 1e9);
  const late = fields({ until: String(now - 2) });
  const told = async (): Promise<string> => readFile(join(stand.told, 'argv'), 'utf8');
  const before = await told().catch(() => '');
  const refused = await stand.call(orderText('submit', late));
  expect([refused.status, refused.stderr]).toEqual([70, 'berth-as-user: this order comes too late\n']);
  expect(await told().catch(() => '')).toBe(before);
  await expect(stat(join(stand.alice.home, STATE, `${late.id}.json`))).rejects.toThrow('ENOENT');
  const program = await stand.without('slurm.c', 'now.tv_sec > strtoll', 'now.tv_sec < strtoll');
  expect((await stand.call(orderText('submit', late), { program })).status).toBe(0);
  const inTime = fields({ until: String(now + 30) });
  expect((await stand.call(orderText('submit', inTime))).status).toBe(0);
}, 30_000);

test('what servers of long ago have left is removed, and nothing else', async () => {
  const state = join(stand.alice.home, STATE);
  const long = new Date(Date.now() - 100 * 86_400_000);
  const names = ['0'.repeat(16) + '.log', '1'.repeat(16) + '.json', 'mine.log', `${'2'.repeat(16)}.json.x`];
  for (const name of names) {
    await writeFile(join(state, name), 'x');
    await utimes(join(state, name), long, long);
  }
  await writeFile(join(state, `${'3'.repeat(16)}.log`), 'new');
  for (const name of await readdir(state)) await chown(join(state, name), stand.alice.uid, stand.alice.gid);
  expect((await stand.call(orderText('submit', fields()))).status).toBe(0);
  const left = await readdir(state);
  expect(left).not.toContain(names[0]);
  expect(left).not.toContain(names[1]);
  expect(left).toEqual(expect.arrayContaining([names[2], names[3], `${'3'.repeat(16)}.log`]));
});
