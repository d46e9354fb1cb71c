import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../../../cluster/until.ts';
import { changedPlace, gatePrograms } from '../place-program.ts';
import { workspace } from '../placed.ts';
import { ownGate, type OwnGate } from './own-gate.ts';

const run = promisify(execFile);
const open: OwnGate[] = [];
const sockets: Socket[] = [];
const gateWith = async (options: Parameters<typeof ownGate>[0] = {}): Promise<OwnGate> => {
  const gate = await ownGate(options);
  open.push(gate);
  return gate;
};
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((gate) => gate.end()));
});

const visit = async (gate: OwnGate, said: Buffer = Buffer.alloc(0)): Promise<Socket> => {
  const socket = connect(gate.socket).on('error', () => undefined);
  sockets.push(socket);
  await Promise.race([once(socket, 'connect'), sleep(200)]);
  if (said.length > 0) socket.write(said);
  return socket;
};
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};
/** The quickest of three: the machine may have other things to do. */
const secondsAtBest = async (work: () => Promise<unknown>): Promise<number> =>
  Math.min(await seconds(work), await seconds(work), await seconds(work));
const memory = async (gate: OwnGate): Promise<number> => {
  const status = await readFile(`/proc/${gate.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
};

describe('who says half of it, or too much (T10)', () => {
  test('1000 that never finish: an honest call takes no longer than a second', async () => {
    const gate = await gateWith(await gatePrograms(true));
    for (let at = 0; at < 1000; at++) await visit(gate, Buffer.from('BTG1'.slice(0, at % 5)));
    expect(await secondsAtBest(() => gate.call('scontrol'))).toBeLessThan(1);
    expect(gate.said()).toBe('');
  });

  test('control: where nobody is sent away for another, it does not get through', async () => {
    const { path, remove } = await workspace();
    const changes = [{ file: 'gate/main.c', from: 'now_ms() - visitors[at].came > HONEST_MS', to: 'at < 0' }];
    await changedPlace(changes, path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    for (let at = 0; at < 200; at++) await visit(gate);
    const late = Symbol('late');
    expect(await Promise.race([gate.call('scontrol'), sleep(3000, late)])).toBe(late);
    await remove();
  });

  test.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n'.padEnd(100))],
    ['a text of 4 GB', head({ text: 0xffffffff })],
    ['words without end', head({ words: 0xffffffff })],
    ['no descriptor', head({})],
  ])('%s: sent away at once, nothing kept for it', async (_name, said) => {
    const gate = await gateWith(await gatePrograms(true));
    // it listens before it is what it becomes
    await gate.call('scontrol');
    const before = await memory(gate);
    const socket = await visit(gate, said);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    expect((await memory(gate)) - before).toBeLessThan(1 << 20);
    expect((await gate.call('scontrol')).status).toBe(0);
    expect(gate.said()).toBe('');
  });

  test('as many as can be wait, and one more comes: it waits for its turn', async () => {
    const gate = await gateWith(await gatePrograms(true));
    const late = [join(import.meta.dirname, 'late.py'), gate.socket, String(gate.process.pid)];
    const { stdout } = await run('/usr/bin/python3', ['-B', ...late]);
    expect(stdout).toBe('taken\n');
    expect(gate.said()).toBe('');
  });

  test('100 that say nearly 8 MiB each: some of it is taken, and an honest call gets through', async () => {
    const gate = await gateWith();
    await gate.call('scontrol');
    const hogs = ['-B', join(import.meta.dirname, 'hogs.py'), gate.socket, String(gate.process.pid)];
    const { stdout } = await run('/usr/bin/python3', hogs);
    expect(Number(stdout)).toBeLessThan(56 << 20);
    expect(await secondsAtBest(() => gate.call('scontrol'))).toBeLessThan(1);
  });

  test('17 that have said 2 MB each and wait: who says little is heard at once', async () => {
    const gate = await gateWith(await gatePrograms(true));
    const { stdout } = await run('/usr/bin/python3', [
      '-B',
      join(import.meta.dirname, 'burden.py'),
      gate.socket,
    ]);
    expect(stdout).toBe('(4, 0)\n');
    expect(gate.said()).toBe('');
  });

  /** of the gate and of all that it has forked, with no page counted twice */
  const held = async (gate: OwnGate): Promise<number> => {
    const { stdout } = await run('pgrep', ['-P', String(gate.process.pid)]).catch(() => ({ stdout: '' }));
    const pids = [gate.process.pid, ...stdout.split('\n').filter(Boolean)];
    const sizes = pids.map(async (pid) => {
      const map = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
      return Number(/^Pss:\s+(\d+)/m.exec(map)?.[1] ?? 0) * 1024;
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };

  test('1 GB of input: all of it arrives, none of it in the gate', async () => {
    const gate = await gateWith();
    await symlink(gate.shim, join(gate.directory, 'srun'));
    const script = `head -c 1G /dev/zero | ${gate.directory}/srun --berth-image=none x | wc -c`;
    const call = gate.call('bash', {
      program: '/bin/bash',
      words: ['-c', script],
      env: [
        ['STAND_IN', 'copy'],
        ['PATH', '/usr/bin:/bin'],
      ],
    });
    const sizes: number[] = [];
    const over = call.then(() => true);
    while (!(await Promise.race([over, sleep(50, false)]))) sizes.push(await held(gate));
    expect((await call).stdout.toString().trim()).toBe(String(2 ** 30));
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(4 << 20);
  });

  const much = (bytes: number) =>
    [
      ['STAND_IN', 'much'],
      ['STAND_IN_BYTES', String(bytes)],
    ] as const;

  test('output that is never read: the command waits, the gate keeps nothing and serves others', async () => {
    const gate = await gateWith();
    const words = ['--berth-image=none', 'x'];
    const stuck = [
      await gate.start('srun', { words, env: much(2 ** 40) }),
      await gate.start('squeue', { env: much(2 ** 25) }),
    ];
    for (let round = 0; round < 7; round++) {
      expect(await secondsAtBest(() => gate.call('scontrol'))).toBeLessThan(1);
      expect(await held(gate)).toBeLessThan(4 << 20);
    }
    for (const { pid } of stuck) process.kill(pid, 'SIGTERM');
    for (const { pid } of stuck) await gate.ended(pid);
  });

  test('an answer that is too long to be kept comes whole all the same', async () => {
    const gate = await gateWith();
    const { status, stdout } = await gate.call('squeue', { env: much(2 ** 25) });
    expect({ status, size: stdout.length }).toEqual({ status: 0, size: 2 ** 25 + 6 });
  });
});

function head({ text = 0, words = 0 }: { readonly text?: number; readonly words?: number }): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.write('BTG1');
  bytes.writeUInt32LE(text, 4);
  bytes.writeUInt32LE(words, 8);
  return bytes;
}

describe('a question that is asked again and again (T10)', () => {
  const asked = async (gate: OwnGate): Promise<number> =>
    (await readFile(join(gate.directory, 'asked'), 'utf8').catch(() => '')).length;
  const env = (gate: OwnGate, more: readonly (readonly [string, string])[] = []) =>
    [['STAND_IN', 'count'], ['STAND_IN_FILE', join(gate.directory, 'asked')], ...more] as const;

  test('200 at once are one question, and each is answered whole', async () => {
    const gate = await gateWith(await gatePrograms(true));
    const began = performance.now();
    const all = await Promise.all(
      Array.from({ length: 200 }, () => gate.call('squeue', { env: env(gate, [['STAND_IN_SLOW', '0.3']]) })),
    );
    for (const { status, stdout, stderr } of all)
      expect({ status, stdout: stdout.toString(), stderr }).toEqual({
        status: 3,
        stdout: 'squeue answers\n',
        stderr: 'and warns\n',
      });
    expect(await asked(gate)).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1000));
    expect(gate.said()).toBe('');
  });

  test('a controller that takes longer than an answer is kept: all who wait are told, and it is asked once', async () => {
    const gate = await gateWith();
    const slow = { env: env(gate, [['STAND_IN_SLOW', '6']]) };
    const all = await Promise.all(Array.from({ length: 3 }, () => gate.call('squeue', slow)));
    expect(all.map(({ stdout }) => stdout.toString())).toEqual(Array(3).fill('squeue answers\n'));
    expect(await asked(gate)).toBe(1);
  });

  test('who goes before having asked takes nobody along: who has asked may wait for longer than one who has not', async () => {
    const { path, remove } = await workspace();
    const patience = { from: '#define PARTIAL_MS 10000', to: '#define PARTIAL_MS 1500' };
    await changedPlace([{ file: 'gate/main.c', ...patience }], path, 'hardened');
    const gate = await gateWith({ gate: join(path, 'berth-gate-hardened') });
    const silent = await visit(gate);
    const waiting = gate.call('squeue', { env: env(gate, [['STAND_IN_SLOW', '3']]) });
    expect(await until(async () => (await asked(gate)) === 1, 10_000)).toBe(true);
    silent.destroy();
    expect(await waiting).toMatchObject({ status: 3, stderr: 'and warns\n' });
    expect(gate.said()).toBe('');
    await remove();
  });

  test('other words, another environment, or one that repeats itself: questions of their own', async () => {
    const gate = await gateWith();
    await gate.call('squeue', { env: env(gate) });
    await gate.call('squeue', { words: ['--me'], env: env(gate) });
    await gate.call('squeue', { env: env(gate, [['SQUEUE_FORMAT', '%i']]) });
    await gate.call('squeue', { words: ['-hi', '1'], env: env(gate) });
    await gate.call('squeue', { words: ['-hi', '1'], env: env(gate) });
    await gate.call('sacct', { env: env(gate) });
    await gate.call('sacct', { env: env(gate) });
    expect(await asked(gate)).toBe(7);
  });

  test.each(['sbatch', 'scancel', 'scontrol', 'srun'])(
    'an own %s drops what was known (T10b)',
    async (verb) => {
      const gate = await gateWith();
      const words = verb === 'srun' ? ['--berth-image=none', 'x'] : ['--version'];
      for (let round = 1; round <= 3; round++) {
        await gate.call('squeue', { env: env(gate) });
        expect(await asked(gate)).toBe(round);
        await gate.call(verb, { words });
      }
    },
  );

  test('control: without that, the second is told what was before', async () => {
    const { path, remove } = await workspace();
    await changedPlace(
      [
        {
          file: 'gate/answers.c',
          from: 'return strcmp(request->verb, "squeue") != 0 && strcmp(request->verb, "sinfo") != 0 &&\n         strcmp(request->verb, "sacct") != 0;',
          to: 'return request == NULL;',
        },
        // and nothing is forgotten because this took its time
        { file: 'gate/answers.c', from: '#define KEPT_MS 1000', to: '#define KEPT_MS 60000' },
      ],
      path,
    );
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    await gate.call('squeue', { env: env(gate) });
    await gate.call('sbatch', { words: ['--version'] });
    await gate.call('squeue', { env: env(gate) });
    expect(await asked(gate)).toBe(1);
    await remove();
  });

  test('a reader that is slow keeps nobody else from the answer', async () => {
    const gate = await gateWith();
    const slow = await gate.start('squeue', { env: env(gate) });
    expect((await gate.call('squeue', { env: env(gate) })).stdout.toString()).toBe('squeue answers\n');
    await gate.ended(slow.pid);
  });
});
