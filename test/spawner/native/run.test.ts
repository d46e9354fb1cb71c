import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeOrder } from '../../../spawner/src/launch/place-order.ts';
import { until } from '../../cluster/until.ts';
import { hardenedPlace } from './place-program.ts';
import { lives, orderIn, workspace } from './placed.ts';

let path: string;
let remove: () => Promise<void>;
let program: string;
beforeEach(async () => {
  program = await hardenedPlace();
  ({ path, remove } = await workspace());
  await mkdir(join(path, 'store'), { mode: 0o700 });
});
afterEach(() => remove());

/** In place of ch-run: tells its words and variables, then runs what is behind the "--" without any container. */
const CH_RUN = `file=; for word; do case $word in --set-env=*) file=\${word#--set-env=};; esac; done
while [ "$1" != -- ]; do printf '%s|' "$1"; shift; done; echo; cat "$file"; shift; exec "$@"`;

async function orderFile(mode = 0o600): Promise<string> {
  const enter = ['/bin/sh', '-c', CH_RUN, 'ch-run', '--bind', 'a:b'];
  const more = { environment: "OF_IMAGE='1'\nPATH='/image'\nSHARED='image'\n", enter };
  const file = join(path, 'order');
  await writeFile(
    file,
    encodeOrder(orderIn(path, 'true', { ...more, otherwise: { directory: '/', command: [], enter } })),
  );
  await chmod(file, mode);
  return file;
}

async function run(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(program, words, { env: { PATH: '/usr/bin:/bin', ...env }, cwd: path });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // it may have ended before it reads any
  child.stdin.on('error', () => undefined).end('input');
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { status, signal, stdout, stderr };
}

describe('a command in the image', () => {
  test('by ch-run, with the directory, the environment file and the command as they are', async () => {
    const { status, stdout, stderr } = await run([
      'run',
      await orderFile(),
      '--',
      'printf',
      '<%s>',
      'a b',
      '',
      '--',
    ]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('the command begins in /'),
    });
    const [words, variables, said] = stdout.split('\n');
    expect(words).toBe(
      `--bind|a:b|--cd|/|--env-no-expand|--set-env=${path}/mnt/run/environment|${path}/mnt/root|`,
    );
    expect(variables).toBe("PATH='/image'");
    expect(said).toBe('<a b><><-->');
  });

  test('its environment: the image`s, the task`s above, what came from inside under its own name', async () => {
    const env = {
      SHARED: 'task',
      LINES: 'a\nb',
      LD_PRELOAD: '',
      SLURM_CONF: '/x',
      BERTH_INNER_PATH: '/run/berth/bin:/image',
      BASH_FUNC_own: '() { outside\n}',
      BERTH_INNER_BASH_FUNC_own: '() { inside\n}',
    };
    const { stdout } = await run(['run', await orderFile(), '--', '/usr/bin/env', '-0'], env);
    const all = stdout.slice(stdout.indexOf('\n') + 1);
    expect(all).toContain("PATH='/run/berth/bin:/image'\n");
    const variables = all.split('\n').slice(1).join('\n').split('\0');
    expect(variables).toEqual(expect.arrayContaining(['OF_IMAGE=1', 'SHARED=task', 'LINES=a\nb']));
    // a shell in ch-run's place drops names with the signs that bash puts behind these
    expect(variables.filter((one) => one.includes('BASH_FUNC'))).toEqual(['BASH_FUNC_own=() { inside\n}']);
    expect(variables.filter((one) => /^(?:SLURM_CONF|BERTH_INNER)/.test(one))).toEqual([]);
  });

  test.each([
    ['exit 7', 7, null],
    ['kill -SEGV $$', null, 'SIGSEGV'],
  ])('%s: that is its end', async (script, status, signal) => {
    expect(await run(['run', await orderFile(), '--', '/bin/sh', '-c', script])).toMatchObject({
      status,
      signal,
    });
  });

  test('no signal is ignored in it, though whoever started it ignores some, as Node does', async () => {
    const place = program;
    program = '/bin/bash';
    const words = [place, 'run', await orderFile(), '--', 'grep', 'SigIgn', '/proc/self/status'];
    const { stdout } = await run(['-c', 'trap "" PIPE XFSZ; exec "$@"', 'bash', ...words]);
    expect(stdout).toMatch(/^SigIgn:\t0{16}$/m);
  });

  test('it has no child that it did not make, and its keeper ends with it', async () => {
    const code = 'import os\ntry: os.wait()\nexcept ChildProcessError: print("none", os.getpid())';
    const { stdout } = await run(['run', await orderFile(), '--', '/usr/bin/python3', '-c', code]);
    const pid = Number(/none (\d+)/.exec(stdout)?.[1]);
    expect(pid).toBeGreaterThan(1);
    expect(await until(() => !lives(pid), 2000)).toBe(true);
  });
});

describe('a batch script', () => {
  test('is what stands behind the mark, and gets the words', async () => {
    const script = join(path, 'slurm_script');
    const own = '#!/bin/sh\necho "$#" "$2"; # ---- a mark of its own ----\n';
    const mark = '\n# ---- what follows is the script itself, for berth-place ----\n';
    await writeFile(script, `#!/bin/sh\nexec nothing${mark}${own}`);
    await chmod(script, 0o700);
    // without a container it lies where the runtime directory does
    const { stdout, stderr } = await run(['job', await orderFile(), script, 'a', 'b c']);
    expect(stderr).toContain('/run/berth/slurm_script');
    expect(stdout).toContain('--bind|a:b|');
    await writeFile(script, 'no mark');
    expect((await run(['job', await orderFile(), script])).stderr).toContain(
      'no batch script of a container',
    );
  });
});

test.each([
  ['others may read it', 0o644, (file: string) => readFile(file)],
  ['cut', 0o600, async (file: string) => (await readFile(file)).subarray(0, 40)],
  [
    'of another version',
    0o600,
    async (file: string) => Buffer.from(`9${(await readFile(file, 'latin1')).slice(1)}`, 'latin1'),
  ],
])('an order that is none, %s: 78, and nothing is run', async (_name, mode, change) => {
  const file = await orderFile(mode);
  await writeFile(file, await change(file));
  const { status, stdout, stderr } = await run(['run', file, '--', 'echo', 'ran']);
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr).toContain('no order of this version');
});
