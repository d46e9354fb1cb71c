import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { leftovers } from '../cluster/leftovers.ts';
import { ordinaryClone, type OrdinaryClone } from '../cluster/ordinary-clone.ts';
import { until } from '../cluster/until.ts';
import { ask, execute, type JupyterAddress } from '../jupyter/rest-client.ts';

const root = join(import.meta.dirname, '../..');
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGINT');
    await once(child, 'exit');
  }
});

interface Running {
  readonly process: ChildProcess;
  readonly lab: JupyterAddress;
  readonly cluster: string;
  readonly output: () => string;
}

/** The demo when it has printed its address. */
async function running(child: ChildProcess): Promise<Running> {
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (more: string) => (text += more));
  const found = (): RegExpExecArray | null => /(http:\/\/127\.0\.0\.1:\d+)\/lab\?token=(\w+)\r?\n/.exec(text);
  await until(() => found() !== null || child.exitCode !== null, 150_000);
  const [, url, token] = found() ?? [];
  if (url === undefined || token === undefined) throw new Error(`the demo gave no address:\n${text}`);
  const cluster = /directory (\S+berth-cluster-\w+)/.exec(text)?.[1] ?? '';
  return { process: child, lab: { url, token }, cluster, output: () => text };
}

/** Opens an example as the Lab does (a session; the person agrees to a job first) and runs its first cell. */
async function firstCell({ lab, output }: Running, path: string): Promise<string> {
  const { content } = (await ask(lab, 'GET', `/api/contents/${path}`)) as {
    readonly content: {
      readonly cells: readonly { readonly cell_type: string; readonly source: string }[];
      readonly metadata: { readonly kernelspec: { readonly name: string } };
    };
  };
  const { name } = content.metadata.kernelspec;
  const wish = (await ask(lab, 'GET', `/berth/v1/wishes?path=${path}&kernel=${name}`)) as {
    resources: object;
  };
  await ask(lab, 'PUT', '/berth/v1/wishes', { path, kernel: name, resources: wish.resources });
  const session = { path, name: path, type: 'notebook', kernel: { name } };
  const { kernel } = (await ask(lab, 'POST', '/api/sessions', session)) as { kernel: { id: string } };
  const code = content.cells.find(({ cell_type: type }) => type === 'code')?.source ?? '';
  return execute(lab, kernel.id, code, output);
}

async function interrupted({ process }: Running): Promise<number | null> {
  const exited = once(process, 'exit');
  process.kill('SIGINT');
  return ((await exited) as [number | null])[0];
}

describe('as root', () => {
  const demo = (): ChildProcess =>
    spawn(
      join(root, 'node_modules/.bin/node'),
      ['--conditions=berth-source', 'test/demo/main.ts', '--nodes', '1'],
      { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );

  test('a notebook of the Lab runs on a node; Ctrl-C ends everything', async () => {
    const it = await running(demo());
    expect(await firstCell(it, 'where-am-i.ipynb')).toMatch(
      /^SLURM_JOB_ID +\d+\n[^]*SLURMD_NODENAME +b\d+n1\n/,
    );
    expect(leftovers(it.cluster, []).length).toBeGreaterThan(5);
    expect(await interrupted(it)).toBe(0);
    // who removed the last file has itself still to end
    await until(() => leftovers(it.cluster, []).length === 0, 20_000);
    expect(leftovers(it.cluster, [])).toEqual([]);
    expect(it.output()).toContain('all is down');
  }, 180_000);

  test('and so does its end by SIGKILL', async () => {
    const it = await running(demo());
    await firstCell(it, 'where-am-i.ipynb');
    it.process.kill('SIGKILL');
    await until(() => leftovers(it.cluster, []).length === 0, 30_000);
    expect(leftovers(it.cluster, [])).toEqual([]);
  }, 180_000);

  test('Ctrl-C during the start leaves nothing', async () => {
    const child = demo();
    children.push(child);
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (more: string) => (text += more));
    await until(() => text.includes('installing Berth'), 60_000);
    const cluster = /directory (\S+)/.exec(text)?.[1] ?? '';
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(existsSync(cluster)).toBe(false);
    expect(leftovers(cluster, [])).toEqual([]);
  }, 180_000);
});

describe.each([
  ['with /dev/fuse', true, 'sqfs'],
  ['without /dev/fuse', false, 'dir'],
] as const)('as an ordinary user, %s', (_, fuse, format) => {
  let clone: OrdinaryClone;
  beforeAll(async () => {
    clone = await ordinaryClone({ fuse });
  }, 180_000);
  afterAll(() => clone?.down(), 60_000);

  test('npm run demo gives her a Lab on a cluster of her own, and Ctrl-C ends everything', async () => {
    const it = await running(clone.start(['sh', 'scripts/demo.sh', '--nodes', '1']));
    expect(await firstCell(it, 'where-am-i.ipynb')).toMatch(
      /^SLURM_JOB_ID +\d+\n[^]*SLURMD_NODENAME +b\d+n1\n/,
    );
    const store = join(it.cluster, clone.user.name, 'store');
    expect(readdirSync(store)).toContain(format);
    expect((await clone.leftovers()).length).toBeGreaterThan(5);
    expect(await interrupted(it)).toBe(0);
    await until(async () => (await clone.leftovers()).length === 0, 20_000);
    expect(await clone.leftovers()).toEqual([]);
  }, 180_000);
});

describe('by su, on a terminal', () => {
  let clone: OrdinaryClone;
  beforeAll(async () => {
    clone = await ordinaryClone({ fuse: true });
  }, 180_000);
  afterAll(() => clone?.down(), 60_000);

  /** script(1) is the terminal: its stdin is the keyboard, and its end the end of the terminal */
  const onTerminal = (): ChildProcess => {
    const { command, args } = clone.login('npm run demo -- --nodes 1');
    const line = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    return spawn('script', ['--quiet', '--flush', '--command', `exec ${line}`, '/dev/null'], {
      env: { PATH: '/usr/bin:/bin', TERM: 'dumb', SHELL: '/bin/sh' },
      detached: true,
      stdio: 'pipe',
    });
  };

  test.each([
    ['Ctrl-C, which reaches only su', (child: ChildProcess) => void child.stdin?.write('\u0003')],
    ['a closed terminal, whose SIGHUP su blocks', (child: ChildProcess) => void child.kill('SIGKILL')],
  ])(
    'ends everything: %s',
    async (_, end) => {
      const it = await running(onTerminal());
      await firstCell(it, 'where-am-i.ipynb');
      expect((await clone.leftovers()).length).toBeGreaterThan(5);
      end(it.process);
      await until(async () => (await clone.leftovers()).length === 0, 60_000, 200);
      expect(await clone.leftovers()).toEqual([]);
    },
    180_000,
  );
});
