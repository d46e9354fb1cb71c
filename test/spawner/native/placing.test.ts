import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../launch/until.ts';
import { endPlaces, lives, orderIn, parentOf, placed, workspace } from './placed.ts';

let path: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path, remove } = await workspace());
});
afterEach(async () => {
  await endPlaces();
  await remove();
});

const start = async (script: string, more: Parameters<typeof orderIn>[2] = {}, env = {}) => {
  const one = await placed(orderIn(path, script, more), { env });
  one.tell('C', '{"key":"secret"}');
  return one;
};

describe('the kernel', () => {
  test('its own status, what it wrote, and nothing to read; stages in order', async () => {
    const one = await start('echo out; read -r x || echo no input; echo words >&2; exit 3');
    expect(await one.has('ended')).toEqual({ type: 'ended', code: 3, signal: null, terminated: false });
    await until(() => one.complained() !== '');
    expect([one.said(), one.complained()]).toEqual(['out\nno input\n', 'words\n']);
    const { stages } = await one.has('began');
    const { rootfs = 0, mounted = 0, spawned = 0 } = stages;
    expect([rootfs <= mounted, mounted <= spawned, Date.now() - rootfs < 60_000]).toEqual([true, true, true]);
  });

  test('killed by a signal, which has its name', async () => {
    const one = await start('kill -SEGV $$');
    expect(await one.has('ended')).toMatchObject({ code: null, signal: 'SIGSEGV' });
  });

  test('a command that is not there: 127, and the system`s words', async () => {
    const one = await start('', { command: ['/nowhere/ch-run'] });
    expect(await one.has('ended')).toMatchObject({ code: 127 });
    await until(() => one.complained().includes('cannot run /nowhere/ch-run: No such file or directory'));
  });

  test('it knows nothing of our environment but PATH and USER, and its signals are as they were', async () => {
    const one = await start(
      'env | sort; grep Sig /proc/self/status',
      {},
      { SECRET: 'x', SLURM_JOB_ID: '7', USER: 'me' },
    );
    await one.has('ended');
    await until(() => one.said().includes('SigCgt'));
    expect(one.said()).not.toMatch(/SECRET|SLURM/);
    expect(one.said()).toContain('USER=me\n');
    expect(one.said()).toMatch(/SigBlk:\s+0+\n/);
    expect(one.said()).toMatch(/SigIgn:\s+0+\n/);
  });

  test('a session of its own, and our descriptors are closed', async () => {
    const one = await start('ls /proc/self/fd; ps -o sid=,pgid= -p $$; echo $$');
    await one.has('ended');
    await until(() => one.said().split('\n').length > 6);
    const { pid } = await one.has('began');
    expect(one.said()).toMatch(/^0\n1\n2\n3\n/);
    expect(one.said().replace(/\s+/g, ' ')).toContain(`3 ${pid} ${pid} ${pid}`);
  });

  test('a current directory that the node does not have: the other command, and it is said', async () => {
    const one = await start('echo here', { directory: '/nowhere/at/all' });
    await one.has('ended');
    await until(() => one.said() !== '');
    expect(one.said()).toBe('elsewhere\n');
    expect(await one.has('log')).toEqual({
      type: 'log',
      line: 'this node has no /nowhere/at/all; the kernel starts in /',
    });
    const other = await start('echo here', { directory: path, mountPoint: join(path, 'other') });
    await until(() => other.said() === 'here\n');
  });
});

describe('the runtime directory', () => {
  const files =
    'cd "$0/run"; stat -c "%n %a" . environment connection.json; cat environment; sed "s/secret/it is there/" connection.json';
  const reading = (one: string): string[] => ['/bin/sh', '-c', files, one];

  test('secret and environment, 0600: planned first, then the step`s, nothing by which Slurm is led astray', async () => {
    const env = {
      SLURM_JOB_ID: '7',
      SLURMD_NODENAME: 'n1',
      SLURM_JWT: 'x',
      SLURM_CONF: 'x',
      SLURM_TWO: 'a\nb',
    };
    const one = await start('', { command: reading(join(path, 'mnt')) }, env);
    await one.has('ended');
    await until(() => one.said().includes('it is there'));
    const { pid } = await one.has('mounted');
    expect(one.said()).toContain('. 700\nenvironment 600\nconnection.json 600\n');
    const lines = one
      .said()
      .split('\n')
      .filter((line) => line.includes("='"));
    expect(lines[0]).toBe("PLANNED='yes'");
    expect(lines.slice(1).sort()).toEqual([
      `JPY_PARENT_PID='${pid}'`,
      "SLURMD_NODENAME='n1'",
      "SLURM_JOB_ID='7'",
    ]);
    expect(await one.has('log')).toMatchObject({ line: expect.stringContaining('line breaks: SLURM_TWO') });
  });

  test('the kernel`s parent is the process that JPY_PARENT_PID names', async () => {
    const one = await start('exec sleep 1000');
    expect(parentOf((await one.has('began')).pid)).toBe((await one.has('mounted')).pid);
  });

  test('nothing of it is in the host`s mount table or below the mount point there', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    await (await start('exec sleep 1000')).has('began');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
    expect(execFileSync('ls', ['-A', join(path, 'mnt')], { encoding: 'utf8' })).toBe('');
    expect(statSync(join(path, 'mnt')).mode & 0o777).toBe(0o700);
  });
});

describe('signals', () => {
  test('reach the kernel`s group and nothing of ours; those that nobody should send are not passed on', async () => {
    const one = await start(
      'trap "echo me" USR1; (trap "echo child; exit" USR1; echo up; while :; do sleep 0.02; done) & while :; do sleep 0.02; done',
    );
    await until(() => one.said().includes('up'));
    one.tell('G', [10]);
    await until(() => one.said().includes('me') && one.said().includes('child'));
    one.tell('G', [19]);
    expect(await one.has('log')).toEqual({ type: 'log', line: 'a signal was not passed on' });
    expect(lives((await one.has('began')).pid)).toBe(true);
  });

  test('stop: SIGTERM, and SIGKILL a second later for one that does not listen; twice is fine', async () => {
    const polite = await start('trap "exit 5" TERM; echo up; while :; do sleep 0.02; done');
    await until(() => polite.said().includes('up'));
    polite.tell('X');
    polite.tell('X');
    expect(await polite.has('ended')).toMatchObject({ code: 5, terminated: false });
    const stubborn = await start('trap "" TERM; echo up; while :; do sleep 0.02; done', {
      mountPoint: join(path, 'm'),
    });
    await until(() => stubborn.said().includes('up'));
    stubborn.tell('X');
    expect(await stubborn.has('ended')).toMatchObject({ signal: 'SIGKILL' });
  });

  test('on a machine that stood still nobody is late: the kernel has its time to end', async () => {
    const one = await start('trap "exit 5" TERM; echo up; while :; do sleep 0.02; done');
    const [kernel, holder] = [(await one.has('began')).pid, (await one.has('mounted')).pid];
    await until(() => one.said().includes('up'));
    process.kill(kernel, 'SIGSTOP');
    one.tell('X');
    await sleep(100);
    process.kill(holder, 'SIGSTOP');
    await sleep(1500);
    process.kill(holder, 'SIGCONT');
    await sleep(50);
    process.kill(kernel, 'SIGCONT');
    expect(await one.has('ended')).toMatchObject({ code: 5 });
  });

  test('what it leaves in its group goes with it, and holds nothing up', async () => {
    const one = await start('sleep 1000 & echo $!; exit 0');
    expect(await one.has('ended')).toMatchObject({ code: 0 });
    await until(() => one.said() !== '' && !lives(Number(one.said())));
  });
});

describe('an image', () => {
  test('that is not there is asked for; one who made it is believed', async () => {
    const image = join(path, 'made');
    const one = await start('cat "$0/root/marker"', {
      rootfs: { format: 'directory', path: image },
      command: ['/bin/sh', '-c', 'ls "$0/root"', join(path, 'mnt')],
    });
    await one.has('rootfs-wanted');
    await mkdir(join(image, 'of-the-image'), { recursive: true });
    one.tell('R');
    await one.has('ended');
    await until(() => one.said() !== '');
    expect(one.said().split('\n')).toEqual(expect.arrayContaining(['of-the-image', 'run', 'tmp']));
  });

  test('a squashfs, where a link leads to the mount point: a link among them is a home on another disk', async () => {
    const image = join(path, 'image.squashfs');
    execFileSync('mksquashfs', [join(path, 'image'), image, '-quiet', '-no-progress']);
    await mkdir(join(path, 'disk with a blank/me'), { recursive: true });
    await symlink(join(path, 'disk with a blank'), join(path, 'homes'));
    await symlink('homes/me', join(path, 'me'));
    const mountPoint = join(path, 'me/share/mnt');
    const one = await start('', {
      home: join(path, 'me'),
      mountPoint,
      rootfs: { format: 'squashfs', path: image },
      command: ['/bin/sh', '-c', 'ls "$0/root"', mountPoint],
    });
    await one.has('ended');
    await until(() => one.said().includes('usr\n'));
  });

  test('that is a link, or of the other kind, is not there', async () => {
    const one = await start('', { rootfs: { format: 'squashfs', path: join(path, 'image') } });
    await one.has('rootfs-wanted');
    one.tell('X');
    await one.has('stop');
    expect(await one.place.ended).toBe('');
  });
});
