import { once } from 'node:events';
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readProc } from '../../cluster/process-identity.ts';
import { until } from '../launch/until.ts';
import { endPlaces, lives, orderIn, parentOf, placed, workspace, type Placed } from './placed.ts';
import { changedPlace, type ChangedSource } from './place-program.ts';

let path: string;
let remove: () => Promise<void>;
const held: number[] = [];
beforeEach(async () => {
  ({ path, remove } = await workspace());
  await mkdir(join(path, 'slurm'));
  await symlink('/bin/echo', join(path, 'slurm/squeue'));
});
afterEach(async () => {
  for (const fd of held.splice(0)) closeSync(fd);
  await endPlaces();
  await remove();
});

const JOB = { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n1', SLURM_JOB_CPUS_PER_NODE: '2(x2)' };
const start = async (program?: string): Promise<Placed & { readonly holder: number }> => {
  const order = orderIn(path, 'exec sleep 1000', { slurm: join(path, 'slurm') });
  const one = await placed(order, { env: JOB, ...(program !== undefined && { program }) });
  one.tell('C', '{"key":"secret"}');
  await one.has('began');
  const { pid: holder } = await one.has('mounted');
  return { ...one, holder };
};

/** The runtime directory, kept by somebody who was in there: as long as that lives, so does the directory. */
const keep = ({ holder }: { readonly holder: number }): string => {
  const fd = openSync(`/proc/${holder}/cwd`, constants.O_RDONLY | constants.O_DIRECTORY);
  held.push(fd);
  return `/proc/${process.pid}/fd/${fd}`;
};
const connects = async (directory: string): Promise<boolean> => {
  const socket = connect(join(directory, 'gate'));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};
const gatesOf = (place: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === place)
    .map(Number)
    .filter((pid) => readProc(pid, 'comm') === 'berth-gate\n')
    // what tells the allocation is the same program
    .filter((pid) => !(readProc(pid, 'cmdline') ?? '').includes('allocation'));
/** Waits for the first visitor's gate. */
const gateOf = async (one: { readonly holder: number }, directory: string): Promise<number> => {
  const place = parentOf(one.holder);
  expect(await connects(directory)).toBe(true);
  await until(() => gatesOf(place).length === 1, 30_000);
  return gatesOf(place)[0] ?? 0;
};

test('nothing runs until somebody comes, and one is enough', async () => {
  const one = await start();
  const directory = keep(one);
  expect(gatesOf(parentOf(one.holder))).toEqual([]);
  const gate = await gateOf(one, directory);
  for (let visit = 0; visit < 5; visit++) expect(await connects(directory)).toBe(true);
  expect(gatesOf(parentOf(one.holder))).toEqual([gate]);
});

test('the runtime directory: eight names of one program, the socket 0600, the allocation', async () => {
  const directory = keep(await start());
  await until(() => readdirSync(directory).includes('gate'));
  const names = ['sacct', 'salloc', 'sbatch', 'scancel', 'scontrol', 'sinfo', 'squeue', 'srun'];
  expect(readdirSync(join(directory, 'bin')).sort()).toEqual(['berth-shim', ...names].sort());
  expect(JSON.parse(readFileSync(join(directory, 'allocation.json'), 'utf8'))).toMatchObject({
    jobId: '7',
    nodes: 'n1',
    cpus: 4,
    end: null,
  });
});

describe('a gate that cannot be', () => {
  /** A place in which something fails for as long as that file is there. */
  const failing = async (
    file: string,
    from: string,
    to: (trouble: string) => string,
    ...more: readonly ChangedSource[]
  ) => {
    const trouble = join(path, 'trouble');
    await writeFile(trouble, '');
    const changes = [{ file, from, to: to(JSON.stringify(trouble)) }, ...more];
    return { trouble, ...(await start(await changedPlace(changes, join(path, 'broken')))) };
  };
  const isOpen = async (directory: string): Promise<void> =>
    until(() => readdirSync(directory).includes('gate'));
  /** in ticks of 10 ms */
  const used = (pid: number): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };

  test('ends at once: who waits is told, it is not started for ever, and it is again when it can be', async () => {
    const from = '  children_prepare();\n';
    const one = await failing(
      'gate/main.c',
      from,
      (trouble) =>
        `  int log = count == 1 ? open(${trouble}, O_WRONLY | O_APPEND) : -1;\n  if (log >= 0) return write(log, "x", 1) < 0 ? 63 : 64;\n${from}`,
    );
    const directory = keep(one);
    await isOpen(directory);
    for (let visit = 0; visit < 3; visit++) {
      const socket = connect(join(directory, 'gate')).on('error', () => undefined);
      await new Promise((resolve) => socket.resume().once('close', resolve));
    }
    expect(readFileSync(one.trouble, 'utf8').length).toBeLessThan(100);
    await rm(one.trouble);
    await gateOf(one, directory);
  });

  const noProcess = [
    'door.c',
    'pid_t parent = getpid(), pid = child_start(door->order, -1, 2)',
    (trouble: string) =>
      `pid_t parent = getpid(), pid;\n  int log = open(${trouble}, O_WRONLY | O_APPEND | O_CLOEXEC); if (log >= 0 && write(log, "x", 1) == 1) close(log);\n` +
      '  pid = log >= 0 ? -1 : child_start(door->order, -1, 2)',
  ] as const;

  test('has no process to run in: it waits for one, and that costs nothing', async () => {
    const one = await failing(...noProcess);
    const directory = keep(one);
    await isOpen(directory);
    const place = parentOf(one.holder);
    const socket = connect(join(directory, 'gate')).on('error', () => undefined);
    await once(socket, 'connect');
    const before = used(place);
    // what is measured is a second in which nothing happens
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(used(place) - before).toBeLessThan(30);
    await rm(one.trouble);
    await gateOf(one, directory);
    socket.destroy();
  });

  test('a node that stands still while the door is shut: nobody sleeps through its opening', async () => {
    const file = 'main.c';
    const one = await failing(
      ...noProcess,
      // longer than the first pause, between two looks at the clock
      {
        file,
        from: 'int64_t next = watch->allocation_at;',
        to: 'usleep(200000);\n  int64_t next = watch->allocation_at;',
      },
      // which would wake it, too
      { file, from: '#define ALLOCATION_FIRST_MS 2000', to: '#define ALLOCATION_FIRST_MS 3600000' },
    );
    const directory = keep(one);
    await isOpen(directory);
    const socket = connect(join(directory, 'gate')).on('error', () => undefined);
    await once(socket, 'connect');
    await until(() => readFileSync(one.trouble, 'utf8') !== '');
    await rm(one.trouble);
    await gateOf(one, directory);
    socket.destroy();
  });

  test('taken away by an update while the kernel runs: it is what it was', async () => {
    const program = await changedPlace([], join(path, 'copy'));
    const one = await start(program);
    const directory = keep(one);
    await rm(join(path, 'copy/berth-gate'));
    await gateOf(one, directory);
  });
});

describe('the end of the job (T11)', () => {
  /** as Slurm ends a step: without a word */
  const kill = async (one: Placed & { readonly holder: number }): Promise<void> => {
    const place = parentOf(one.holder);
    process.kill(place, 'SIGKILL');
    await until(() => !lives(place) && !lives(one.holder));
  };

  test('is that of the gate, for who still has its directory too; a job of the same number has another', async () => {
    const one = await start();
    const before = keep(one);
    const gate = await gateOf(one, before);
    await kill(one);
    await until(() => !lives(gate));
    expect(await connects(before)).toBe(false);
    const next = await start();
    await gateOf(next, keep(next));
    expect(await connects(before)).toBe(false);
  });

  test('control: a gate that is not told so goes on, and serves whoever has the directory', async () => {
    const from = 'if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);\n  if (dup2';
    const changes = [{ file: 'door.c', from, to: '(void)parent;\n  if (dup2' }];
    const one = await start(await changedPlace(changes, join(path, 'broken')));
    const before = keep(one);
    const gate = await gateOf(one, before);
    await kill(one);
    expect(lives(gate)).toBe(true);
    expect(await connects(before)).toBe(true);
    process.kill(gate, 'SIGKILL');
    await until(() => !lives(gate));
  });
});
