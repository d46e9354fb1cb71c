import { expect, test } from '@jest/globals';
import { JobId, Resources } from '@berth/schema';
import { commandRunner, StillRuns } from '@berth/spawner/slurm';
import * as fc from 'fast-check';
import { orderText, sudoHelper } from '../../../server/src/sessions/as-person.ts';

const ended =
  (status: number | null, stdout = '', stderr = '') =>
  async () => ({ status, signal: null, stdout, stderr });
const programs = async () => ({ sudo: '/usr/bin/sudo', helper: '/opt/berth/libexec/berth-as-user' });
const now = () => 95_000_500;
const order = { id: '0123456789abcdef', resources: Resources.parse({}), data: '{}' };

test('a value can say nothing but itself: lengths are in bytes', () => {
  fc.assert(
    fc.property(fc.string(), (data) => {
      const text = Buffer.from(orderText('submit', { id: '0'.repeat(16), data }));
      const length = Buffer.byteLength(data);
      expect(text.toString()).toContain(`data ${length}\n`);
      expect(text.subarray(-2).toString()).toBe('.\n');
    }),
  );
});

test('nothing that was chosen is a word of sudo', async () => {
  const seen: (readonly string[])[] = [];
  const orders: (string | undefined)[] = [];
  const helper = sudoHelper(
    async (argv, input) => {
      seen.push(argv);
      orders.push(input);
      return { status: 0, signal: null, stdout: '4711;cluster\n', stderr: '' };
    },
    programs,
    now,
  );
  expect(await helper.submit('alice', order)).toBe(JobId.parse('4711'));
  expect(seen).toEqual([['/usr/bin/sudo', '-n', '-u', 'alice', '--', '/opt/berth/libexec/berth-as-user']]);
  // in seconds: what sudo lets through later than that submits nothing
  expect(orders[0]).toContain('\nuntil 5\n95021\n');
});

test('a refusal is one; where it cannot be told whether there is a job, it is not', async () => {
  const submit = (run: Parameters<typeof sudoHelper>[0]) =>
    sudoHelper(run, programs, now).submit('alice', order);
  await expect(submit(ended(1, '', 'sbatch: error: invalid partition specified: x\n'))).rejects.toMatchObject(
    {
      code: 'session-not-submitted',
      message: expect.stringContaining('invalid partition'),
    },
  );
  const runner = commandRunner({}, 5_000);
  const absent = sudoHelper(runner, async () => ({ sudo: '/nowhere/sudo', helper: '/nowhere/helper' }), now);
  await expect(absent.submit('alice', order)).rejects.toMatchObject({ code: 'session-not-submitted' });
  await expect(submit(ended(null))).rejects.toMatchObject({ code: 'slurm-unreachable' });
  await expect(submit(ended(1, '', 'sbatch: error: Socket timed out on send/recv\n'))).rejects.toMatchObject({
    code: 'slurm-unreachable',
  });
  const unsure = [
    ended(0, 'what?'),
    ended(142),
    ended(1, '', 'sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received\n'),
    ended(1, '', 'sbatch: error: Batch job submission failed: Unable to contact slurm controller\n'),
    // a sudo that may not be ended, because it is root's
    () => Promise.reject(new Error('kill EPERM')),
  ];
  for (const run of unsure) await expect(submit(run)).rejects.toMatchObject({ code: 'slurm-unreachable' });
});

test('one job is asked for by its number: Slurm says that there is none, or nothing at all (I4)', async () => {
  const orders: (string | undefined)[] = [];
  const list = (status: number, stdout: string, stderr: string) =>
    sudoHelper(
      async (_, input) => {
        orders.push(input);
        return { status, signal: null, stdout, stderr };
      },
      programs,
      now,
    );
  const job = JobId.parse('4711');
  const absent = 'slurm_load_jobs error: Invalid job id specified\n';
  expect(await list(1, '', absent).list('alice', job)).toEqual([]);
  expect(orders[0]).toContain('\njob 4\n4711\n');
  const renamed = await list(0, 'alice|4711|RUNNING|N/A|n1|None|thesis\n', '').list('alice', job);
  expect(renamed).toMatchObject([{ user: 'alice', jobId: '4711' }]);
  await expect(list(1, '', absent).list('alice')).rejects.toThrow('Invalid job id');
  const silent = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n';
  await expect(list(1, '', silent).list('alice', job)).rejects.toThrow('Unable to contact');
});

test('while a sudo that could not be ended hangs for a person, none is added for them; others are asked (F20)', async () => {
  const begun: string[] = [];
  let end = (): void => undefined;
  const gone = new Promise<void>((resolve) => (end = resolve));
  const helper = sudoHelper(
    async (argv) => {
      const user = argv[3] ?? '';
      begun.push(user);
      if (user === 'alice') throw new StillRuns(new Error('kill EPERM'), gone);
      return { status: 0, signal: null, stdout: '', stderr: '' };
    },
    programs,
    now,
  );
  await expect(helper.list('alice')).rejects.toThrow('EPERM');
  for (const again of [helper.list('alice'), helper.cancel('alice', order.id), helper.log('alice', order.id)])
    await expect(again).rejects.toThrow('has not come back');
  await expect(helper.list('bob')).resolves.toEqual([]);
  expect(begun).toEqual(['alice', 'bob']);
  end();
  await gone;
  await expect(helper.list('alice')).rejects.toThrow('EPERM');
  expect(begun).toHaveLength(3);
});

test('a helper of another version is told as such, with what to do', async () => {
  const old = sudoHelper(ended(65, '', 'berth-as-user: it is not an order\n'), programs, now);
  const words = 'run scripts/install-hub.sh again';
  await expect(old.submit('alice', order)).rejects.toMatchObject({
    code: 'session-not-submitted',
    message: expect.stringContaining(words),
  });
  await expect(old.list('alice')).rejects.toThrow(words);
});
