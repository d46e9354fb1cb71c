import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildImages } from '../images/images.ts';
import { imagesWithoutRoot } from '../images/recipes.ts';
import { labPython } from '../jupyter/lab-environment.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { asUser, type CommandLine } from './as-user.ts';
import { identify, readProc } from './process-identity.ts';
import { until } from './until.ts';
import { ensureUsers, type ClusterUser } from './users.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/**
 * A clone of this checkout as it is now, owned by an ordinary user (alice), with all that `npm run setup` makes: on a
 * machine where she is nobody special. Her home and temporary directory are new ones beside it.
 */
export interface OrdinaryClone {
  readonly user: ClusterUser;
  /** the clone */
  readonly directory: string;
  /** her TMPDIR; empty when nothing of what she started is left */
  readonly temporary: string;
  /** python3 with JupyterLab and our wheel, as `pip install` makes it */
  readonly python: string;
  /** The command line that runs `argv` in the clone as her, in a mount namespace of its own. */
  command(argv: readonly string[], env?: Readonly<Record<string, string>>): CommandLine;
  /** The same by `su - USER -c LINE`, a line for her shell: in a session of its own, as su makes one. */
  login(line: string): CommandLine;
  /** Starts `argv` as `command` has it, in a process group of its own; its streams are pipes. */
  start(argv: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  /** What is left of hers: processes that name the directory in argv or environment, files in TMPDIR. One sentence each. */
  leftovers(): Promise<readonly string[]>;
  down(): Promise<void>;
}

/** Without `/dev/fuse` unless `fuse`, as in most containers; without network but loopback if `offline`. */
export async function ordinaryClone(
  options: { readonly fuse?: boolean; readonly offline?: boolean } = {},
): Promise<OrdinaryClone> {
  const { alice } = await ensureUsers();
  const python = await labPython();
  const images = await buildImages({ only: imagesWithoutRoot });
  const place = await mkdtemp(join(tmpdir(), 'berth-ordinary-'));
  const clone = join(place, 'clone');
  const [home, temporary, cache] = [join(place, 'home'), join(place, 'tmp'), join(place, 'cache')];
  await chmod(place, 0o755);
  for (const directory of [clone, home, temporary]) await mkdir(directory);
  await mkdir(join(place, 'dev'));
  await copySources(clone);
  await stampEnvironment(clone);
  await run('chown', ['-R', '--no-dereference', `${alice.uid}:${alice.gid}`, clone, home, temporary]);
  // hard links: so these stay root's, and she can use but not change them
  const environment = join(clone, '.berth', basename(dirname(dirname(python))));
  await linkTree(dirname(dirname(venvProgram('python3'))), join(clone, '.venv'));
  await linkTree(dirname(dirname(python)), environment);
  await mkdir(join(cache, 'images'), { recursive: true });
  for (const { layout } of images) await linkTree(layout, join(cache, 'images', basename(layout)));
  const user = { ...alice, home };
  const kinds = [options.fuse ? 'fuse' : 'no-fuse', options.offline ? 'offline' : 'online'];
  const inside = ['/bin/sh', join(import.meta.dirname, 'ordinary-clone.sh'), ...kinds, place, root];
  const command = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): CommandLine => {
    const as = asUser(user, { TMPDIR: temporary, BERTH_CACHE: cache, ...env }, argv);
    return { command: '/usr/bin/unshare', args: ['--mount', '--', ...inside, as.command, ...as.args] };
  };
  const login = (line: string): CommandLine => {
    const exports = `export HOME=${home} TMPDIR=${temporary} BERTH_CACHE=${cache}`;
    const su = ['/bin/su', '-', user.name, '-c', `${exports}; cd ${clone} && ${line}`];
    return { command: '/usr/bin/unshare', args: ['--mount', '--', ...inside, ...su] };
  };
  const started: ChildProcess[] = [];
  const leftovers = async (): Promise<readonly string[]> => [
    ...processesNaming(place),
    ...(await readdir(temporary)).map((name) => `file ${name}`),
  ];
  return {
    user,
    directory: clone,
    temporary,
    python: join(environment, 'bin/python3'),
    command,
    login,
    start(argv, env) {
      const line = command(argv, env);
      const child = spawn(line.command, line.args, {
        cwd: '/',
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.push(child);
      return child;
    },
    leftovers,
    async down() {
      for (const child of started.splice(0)) await end(child);
      await until(() => processesNaming(place).length === 0, 20_000);
      await rm(place, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** All that git knows or would take, as it is now, and what was built; with its times, so that nothing is built again. */
async function copySources(clone: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  await run('cp', ['--archive', '--parents', ...files, 'dist', clone], { cwd: root });
  await mkdir(join(clone, 'node_modules'));
  // labPython() has just built what is built; sources that somebody changes meanwhile are not our matter
  const built = (await readdir(join(clone, 'dist/wheel'))).map((name) => join('dist/wheel', name));
  await run('touch', ['dist/.stamp', ...built], { cwd: clone });
}

/** As scripts/setup.sh leaves it when it has made the Python environment. */
async function stampEnvironment(clone: string): Promise<void> {
  const stamps = join(clone, '.berth/stamps');
  await mkdir(stamps, { recursive: true });
  const requirements = await readFile(join(clone, 'binder/requirements.txt'));
  const hash = createHash('sha256').update(requirements).digest('hex').slice(0, 16);
  await writeFile(join(stamps, 'venv'), `${hash} ${join(clone, '.venv')}\n`);
}

async function linkTree(from: string, to: string): Promise<void> {
  await run('cp', ['--archive', '--link', from, to]);
}

function processesNaming(place: string): readonly string[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && identify(pid) !== null)
    .filter((pid) => ['cmdline', 'environ'].some((file) => readProc(pid, file)?.includes(place)))
    .map((pid) => `process ${pid} ${(readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ')}`);
}

/** As Ctrl-C does; by force when that does not end it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(timer);
}
