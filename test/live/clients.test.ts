import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { until } from '../cluster/until.ts';
import type { Driver } from '../jupyter/driver.ts';
import { writeNotebook } from './notebook.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

let site: Site;
let python: string;
let driver: Driver;
beforeAll(async () => {
  site = await siteUp({ images: ['venv-python', 'bash-kernel', 'r-kernel'], people: ['alice', 'bob'] });
  python = await site.kernel('venv-python');
  driver = await site.driver();
}, 180_000);
afterAll(() => site?.down(), 60_000);

describe('programs that run notebooks', () => {
  const cells = ['# parameters\nx = 1', 'import os\nprint(x * 10, "SLURM_JOB_ID" in os.environ)'];

  test('nbclient', async () => {
    const { path, outputOf } = await writeNotebook(site.person('alice'), python, cells);
    const result = await site.run(['jupyter', 'execute', '--inplace', path]);
    expect(result).toMatchObject({ status: 0 });
    expect(await outputOf(path)).toBe('10 True\n');
  });

  test('papermill, with a parameter', async () => {
    const { path, outputOf } = await writeNotebook(site.person('alice'), python, cells);
    const result = await site.run(['papermill', '-p', 'x', '7', path, `${path}.out`]);
    expect(result).toMatchObject({ status: 0 });
    expect(await outputOf(`${path}.out`)).toBe('70 True\n');
  });

  test('nbconvert --execute', async () => {
    const { path, outputOf } = await writeNotebook(site.person('alice'), python, cells);
    const result = await site.run(['jupyter', 'nbconvert', '--to=notebook', '--execute', '--inplace', path]);
    expect(result).toMatchObject({ status: 0 });
    expect(await outputOf(path)).toBe('10 True\n');
  });

  test('nothing is left of them', async () => {
    await site.untilClean(2000);
  });

  test('the suite of kernel authors, jupyter_kernel_test', async () => {
    const { area, env } = site.person('alice');
    const program = join(area, 'kernel-conformance.py');
    await copyFile(join(import.meta.dirname, 'kernel-conformance.py'), program);
    await chmod(program, 0o644);
    expect(env['KERNEL']).toBeUndefined();
    const result = await site.run(['env', `KERNEL=${python}`, 'python3', program], { timeoutMs: 120_000 });
    expect(result.stderr).toMatch(/\nOK/);
    expect(result.status).toBe(0);
  });
});

describe('jupyter_client', () => {
  test.each([
    ['tcp', 'disabled'],
    ['ipc', 'disabled'],
    ['tcp', 'required'],
    ['ipc', 'required'],
  ] as const)('over %s, encryption %s', async (transport, encryption) => {
    const kernel = await driver.kernel(python, { transport, encryption });
    expect(await kernel.output('print(6 * 7)')).toBe('42\n');
    await kernel.shutdown();
    expect(await kernel.ended()).toBe(0);
    await site.untilClean(2000);
  });

  test('a second client attaches to a running kernel', async () => {
    const kernel = await driver.kernel(python);
    await kernel.output('shared = "yes"');
    const second = await driver.attach(kernel.connectionFile);
    expect(await second.output('print(shared); shared = "both"')).toBe('yes\n');
    expect(await kernel.output('print(shared)')).toBe('both\n');
    await driver.detach(second);
    await kernel.shutdown();
  });

  test('input() is answered', async () => {
    const kernel = await driver.kernel(python);
    const execution = await kernel.send('name = input("Who? "); print("hello", name)', { stdin: true });
    expect(await kernel.prompt(execution)).toBe('Who? ');
    await kernel.reply(execution, 'Ada');
    expect((await kernel.collect(execution)).stdout).toBe('hello Ada\n');
    await kernel.shutdown();
  });

  test('Interrupt ends the cell and keeps the variables', async () => {
    const kernel = await driver.kernel(python);
    await kernel.output('kept = 5');
    for (const busy of [
      'import time; time.sleep(60)',
      'import subprocess; subprocess.run(["sleep", "60"])',
    ]) {
      const execution = await kernel.send(`print("begun", flush=True); ${busy}`);
      await kernel.firstOutput(execution);
      await kernel.interrupt();
      expect(await kernel.collect(execution, 5)).toMatchObject({
        status: 'error',
        ename: 'KeyboardInterrupt',
      });
    }
    await kernel.interrupt();
    await kernel.interrupt();
    // ipykernel, a local one too, never answers a cell in whose first moment the interrupt arrives ("KeyboardInterrupt
    // caught in kernel"), and on its way to another node it is a moment late
    const kept = (): Promise<string | undefined> =>
      kernel.output('print(kept)', 5).catch((error: Error) => {
        if (!/TimeoutError|KeyboardInterrupt/.test(error.message)) throw error;
        return undefined;
      });
    let answer: string | undefined;
    await until(async () => (answer = await kept()) !== undefined, 30_000);
    expect(answer).toBe('5\n');
    await kernel.shutdown();
    await site.untilClean(2000);
  });

  test('Restart gives a new kernel with nothing in it, under the same connection file', async () => {
    const kernel = await driver.kernel(python);
    const before = await kernel.output('import os; x = 1; print(os.environ["SLURM_JOB_ID"])');
    for (const now of [false, true]) {
      await kernel.restart({ now });
      expect(await kernel.output('print("x" in globals()); x = 1')).toBe('False\n');
    }
    expect(await kernel.output('import os; print(os.environ["SLURM_JOB_ID"])')).not.toBe(before);
    await kernel.shutdown();
    await site.untilClean(2000);
  });

  test('a large output arrives whole', async () => {
    const kernel = await driver.kernel(python);
    const stdout = await kernel.output('for i in range(20): print(f"{i:09d}" * 111_111)');
    expect(stdout).toHaveLength(20 * (9 * 111_111 + 1));
    expect(stdout.slice(-10)).toBe('000000019\n');
    await kernel.shutdown();
  });

  test('a thousand flushed lines arrive in order, and the idle after them', async () => {
    const kernel = await driver.kernel(python);
    const numbers = Array.from({ length: 1000 }, (_, i) => `${i}\n`).join('');
    for (let round = 0; round < 3; round++) {
      expect(await kernel.output('for i in range(1000): print(i, flush=True)')).toBe(numbers);
    }
    await kernel.shutdown();
  });
});

test('the first kernel of an image makes it ready on the node, and says so', async () => {
  const store = `${site.person('alice').store}-empty`;
  const name = await site.variant(python, 'unmade', (record) => ({
    ...record,
    store: { ...record.store, path: store },
  }));
  const kernel = await driver.kernel(name);
  expect(await kernel.log()).toMatch(/berth: job \d+ on \S+: (?:fetching|packing)/);
  await kernel.shutdown();
  await site.untilClean(2000);
});

describe('other languages', () => {
  test('bash', async () => {
    const kernel = await driver.kernel(await site.kernel('bash-kernel', { language: 'bash' }));
    expect(await kernel.output('x=4; echo $((x * 10)) $SLURM_JOB_ID')).toMatch(/^40 \d+\n/);
    await kernel.shutdown();
    await site.untilClean(2000);
  });

  test('R', async () => {
    const kernel = await driver.kernel(await site.kernel('r-kernel'));
    expect(await kernel.output('cat(6 * 7)')).toBe('42');
    await kernel.shutdown();
    await site.untilClean(2000);
  });
});

test('a person whose home is not below /home finds it inside, at the same path', async () => {
  const { home, uid } = site.person('bob').user;
  expect(home).not.toMatch(/^\/home\//);
  const bobs = await site.driver('bob');
  const kernel = await bobs.kernel(await site.kernel('venv-python', { who: 'bob' }));
  const name = `written-inside-${process.pid}`;
  const code = `import os, pathlib
pathlib.Path("${name}").write_text("by the kernel")
print(os.getcwd(), os.environ["HOME"], os.path.expanduser("~"), os.getuid())`;
  expect(await kernel.output(code)).toBe(`${home} ${home} ${home} ${uid}\n`);
  const outside = await site.run(['sh', '-c', `cat ${name} && stat -c %U ${name} && rm ${name}`], {
    who: 'bob',
  });
  expect(outside.stdout).toBe(`by the kernel${site.person('bob').user.name}\n`);
  await kernel.shutdown();
  await bobs.dispose();
  await site.untilClean(2000, 'bob');
});
