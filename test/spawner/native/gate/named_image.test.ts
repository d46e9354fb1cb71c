import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { PlaceOrder } from '../../../../spawner/src/launch/place-order.ts';
import { until } from '../../../cluster/until.ts';
import { changedPlace, gatePrograms } from '../place-program.ts';
import { lives, workspace } from '../placed.ts';
import { ownGate, type OwnGate } from './own-gate.ts';

const open: OwnGate[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gate) => gate.end()));
});

/** A gate with a `berth` that does what `script` says. */
async function gateWith(script: string, order: Partial<PlaceOrder> = {}, program?: string): Promise<OwnGate> {
  const gate = await ownGate({
    ...(await gatePrograms(true)),
    ...(program !== undefined && { gate: program }),
    order: (directory) => ({
      ...order,
      berth: join(directory, 'berth.sh'),
      config: '/site/berth.yaml',
      enter: ['ch-run', '--bind', 'a:b'],
    }),
  });
  open.push(gate);
  await writeFile(join(gate.directory, 'berth.sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return gate;
}
const ready = (gate: OwnGate): string =>
  `printf '%s\\0' "$@" "$BERTH_CONFIG" "\${BASH_ENV-}" > "$0.asked"; printf '%s\\0' ${gate.directory}/store squashfs /there.sqfs "OF='other'"`;
const withOther = async (order?: Partial<PlaceOrder>): Promise<OwnGate> => {
  const gate = await gateWith('', order);
  await writeFile(join(gate.directory, 'berth.sh'), `#!/bin/sh\n${ready(gate)}\n`, { mode: 0o755 });
  return gate;
};
const spoken = (stdout: Buffer): string[] => stdout.toString().split('\0').slice(1, -1);

describe('srun --berth-image=REF', () => {
  test('asks berth for it, and enters it with the mounts of the kernel', async () => {
    const gate = await withOther({ environment: "OF='kernel'\n" });
    const { stdout, stderr } = await gate.call('srun', {
      words: ['-n2', '--berth-image=lab/other:1', 'true'],
      env: [['BASH_ENV', '/evil']],
    });
    expect(stderr).toBe('');
    const words = spoken(stdout);
    expect(words.slice(0, 4)).toEqual(['srun', '-n2', '--job-name=true', '--']);
    const order = (await readFile(words[6] ?? '', 'utf8')).split('\0');
    expect(order.slice(4, 8)).toEqual([join(gate.directory, 'store'), 'squashfs', '/there.sqfs', '']);
    expect(order).toEqual(expect.arrayContaining(["OF='other'", 'ch-run', '--bind', 'a:b']));
    expect(order).not.toContain("OF='kernel'\n");
    const asked = await readFile(join(gate.directory, 'berth.sh.asked'), 'utf8');
    expect(asked.split('\0')).toEqual([
      ...['images', 'ready', '--words', '--', 'lab/other:1'],
      ...['/site/berth.yaml', '', ''],
    ]);
    expect(gate.said()).toBe('');
  });

  test('what the caller has from its own image stays there; what is its own goes along', async () => {
    const gate = await withOther({
      environment:
        "VIRTUAL_ENV='/opt/env'\nLANG='C'\nTZ='Etc/UTC'\nHOME='/h'\nHTTPS_PROXY='http://proxy:3128'\nPROXY='p'\n",
      // both are on the site's list, but only this one had the client
      passed: 'HTTPS_PROXY\n',
    });
    const env = [
      ['VIRTUAL_ENV', '/opt/env'],
      ['LANG', 'de'],
      ['HOME', '/h'],
      ['PATH', '/opt/env/bin'],
      ['MINE', '1'],
      ['TZ', 'Etc/UTC'],
      ['HTTPS_PROXY', 'http://proxy:3128'],
      ['PROXY', 'p'],
    ] as const;
    const variables = async (word: string): Promise<string[]> =>
      spoken((await gate.call('srun', { words: [word, 'true'], env })).stdout).filter((one) =>
        /^[A-Z_]+=/.test(one),
      );
    const other = await variables('--berth-image=lab/other:1');
    const along = ['LANG=de', 'HOME=/h', 'MINE=1', 'HTTPS_PROXY=http://proxy:3128'];
    expect(other).toEqual(expect.arrayContaining(along));
    expect(other).not.toContain('PROXY=p');
    expect(other).not.toContain('TZ=Etc/UTC');
    expect(other.join(' ')).not.toContain('/opt/env');
    // control: into its own it all goes
    expect(await variables('-n1')).toEqual(
      expect.arrayContaining(['VIRTUAL_ENV=/opt/env', 'BERTH_INNER_PATH=/opt/env/bin']),
    );
  });

  test('#SBATCH --berth-image=REF too', async () => {
    const gate = await withOther();
    const input = Buffer.from('#!/bin/sh\n#SBATCH --berth-image=lab/other:1\ntrue\n');
    const { status } = await gate.call('sbatch', { input });
    expect(status).toBe(0);
    expect(await readFile(join(gate.directory, 'berth.sh.asked'), 'utf8')).toContain('lab/other:1');
  });

  test('what berth says of a failure is what the caller reads, and nothing is run', async () => {
    const gate = await gateWith('echo "berth: lab/other:1 is not there" >&2; exit 66');
    const { status, stdout, stderr } = await gate.call('srun', { words: ['--berth-image=lab/other:1', 'x'] });
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'berth: lab/other:1 is not there\n',
    });
  });

  test.each([
    ['nothing', 'true'],
    ['half of it', "printf 'a\\0b\\0'"],
    ['no path', "printf 'a\\0b\\0c\\0d\\0'"],
    ['too many words', "printf '/a\\0squashfs\\0/c\\0d\\0e\\0'"],
    ['another format', "printf '/a\\0ext4\\0/c\\0d\\0'"],
    ['without end', 'exec cat /dev/zero'],
    ['an end by a signal', 'kill -KILL $$', 'was ended by signal 9'],
  ])('%s: refused', async (_name, script, why = 'said what makes no sense') => {
    const gate = await gateWith(script);
    const { status, stdout, stderr } = await gate.call('srun', {
      words: ['--berth-image=lab/other:1', 'x'],
    });
    const berth = join(gate.directory, 'berth.sh');
    expect({ status, stderr }).toEqual({
      status: 126,
      stderr: `srun: --berth-image: ${berth} ${why}. (Berth)\n`,
    });
    expect(stdout).toHaveLength(0);
    expect(gate.said()).toBe('');
  });

  test.each([
    ['process', 'pid = fork();', 'pid = (errno = EAGAIN, -1);', 'Resource temporarily unavailable'],
    ['pipe', 'pipe2(ends, O_CLOEXEC) != 0', '(errno = EMFILE, true)', 'Too many open files'],
    ['input', 'open("/dev/null", O_RDWR)', '(errno = ENFILE, -1)', 'no process for it could be prepared'],
  ])(
    'no %s to ask in: a sentence',
    async (_name, from, to, says) => {
      const { path, remove } = await workspace();
      await changedPlace([{ file: 'gate/named_image.c', from, to }], path);
      const gate = await gateWith('', {}, join(path, 'berth-gate'));
      const { status, stderr } = await gate.call('srun', { words: ['--berth-image=lab/other:1', 'x'] });
      const why = `cannot be asked: ${says}`;
      expect({ status, stderr }).toEqual({
        status: 126,
        stderr: `srun: --berth-image: ${join(gate.directory, 'berth.sh')} ${why}. (Berth)\n`,
      });
      await remove();
    },
    60_000,
  );

  test('Ctrl-C while it is being made ends that', async () => {
    const gate = await gateWith('echo $$ > "$0.pid"; exec sleep 1000');
    // its pid comes with a first line of output, which a command that has not begun does not write
    const script = `echo; exec -a srun ${gate.shim} --berth-image=lab/other:1 x`;
    const began = await gate.start('bash', {
      program: '/bin/bash',
      words: ['-c', script],
      env: [['PATH', '/usr/bin:/bin']],
    });
    const file = join(gate.directory, 'berth.sh.pid');
    const pidOf = async (): Promise<number> => Number(await readFile(file, 'utf8').catch(() => ''));
    expect(await until(async () => (await pidOf()) > 0, 5000)).toBe(true);
    const pid = await pidOf();
    process.kill(began.pid, 'SIGINT');
    expect((await gate.ended(began.pid)).status).toBe(-2);
    expect(await until(() => !lives(pid), 5000)).toBe(true);
  });
});
