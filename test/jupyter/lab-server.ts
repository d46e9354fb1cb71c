/**
 * A full JupyterLab of an ordinary user, as a centre runs it: token, XSRF check and a base URL that is not `/`.
 *
 *     const lab = await labUp({ user: site.person('alice') });       // with our wheel, when one is built
 *     await page.goto(lab.openUrl);                                   // logs the browser in by the token
 *     lab.url      // http://127.0.0.1:PORT/lab-of/berth-alice/  (no token)
 *     lab.token, lab.pid, lab.log, lab.notebooks
 *     await lab.fetch('api/status')                                   // with the token; like fetch() otherwise
 *     await lab.down();                                               // twice is fine; also after it was killed
 *
 * `user` is a person of a site (siteUp) or any { user, env }. All that the Lab writes lies in a directory of its own, so
 * each Lab starts afresh: no old workspaces, settings or notebooks.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asUser } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { freePort } from './free-port.ts';
import { labPython } from './lab-environment.ts';

export interface LabOptions {
  readonly user: { readonly user: ClusterUser; readonly env: Readonly<Record<string, string>> };
  /** default `/lab-of/NAME/`; begins and ends with a slash */
  readonly baseUrl?: string;
  /** Jupyter configuration on top of ours, `{ MappingKernelManager: { kernel_info_timeout: 3600 } }` */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** on top of the person's environment */
  readonly env?: Readonly<Record<string, string>>;
  /** further command line options */
  readonly options?: readonly string[];
  /** files in the person's notebook directory, name to text */
  readonly files?: Readonly<Record<string, string>>;
  /** python3 of another environment, `venvProgram('python3')` for a Lab without Berth; default: the one with our wheel */
  readonly python?: string;
  /** default: a free one */
  readonly port?: number;
  /** where the Lab's own directory is made; default the temporary directory */
  readonly parent?: string;
  /** each whole line of the log when it comes */
  readonly onLine?: (line: string) => void;
  /** gives up waiting for it: labUp rejects, and nothing is left */
  readonly signal?: AbortSignal;
}

export interface Lab {
  /** with the base URL and a slash at its end, without the token */
  readonly url: string;
  /** what a person opens in the browser: the Lab, with the token */
  readonly openUrl: string;
  readonly token: string;
  readonly pid: number;
  /** its child process: `exit` is told there */
  readonly process: ChildProcess;
  /** all it has said so far; that of its kernels too */
  readonly log: string;
  /** the person's directory that the file browser shows */
  readonly notebooks: string;
  /** `path` below the base URL, as any program of the person asks (token in a header, so no XSRF check) */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Ends it as a person does (kernels included) and removes its directory. */
  down(): Promise<void>;
}

/** Rejects with the Lab's own log when it does not answer within 60 s; then nothing is left of it. */
export async function labUp(options: LabOptions): Promise<Lab> {
  const { user, env } = options.user;
  const python = options.python ?? (await labPython());
  const port = options.port ?? (await freePort());
  const token = randomBytes(24).toString('hex');
  const baseUrl = options.baseUrl ?? `/lab-of/${user.name}/`;
  const directory = await mkdtemp(join(options.parent ?? tmpdir(), 'berth-lab-'));
  const places = await layOut(directory, options);
  const config = { ...fixed(port, baseUrl, places.notebooks), ...options.config };
  for (const [name, values] of Object.entries(fixed(port, baseUrl, places.notebooks)))
    config[name] = { ...values, ...options.config?.[name] };
  await writeFile(places.configFile, JSON.stringify(config, null, 2));
  const environment = {
    ...env,
    PATH: `${join(python, '..')}:${env['PATH'] ?? '/usr/bin:/bin'}`,
    JUPYTER_CONFIG_DIR: places.settings,
    // where person and site have said nothing else: not the runtime directory of the person's own Jupyter
    ...(env['JUPYTER_RUNTIME_DIR'] === undefined && { JUPYTER_RUNTIME_DIR: places.runtime }),
    JUPYTER_TOKEN: token,
    ...options.env,
  };
  // the Lab ends, with its kernels, even when we are killed (told after the change of user, which forgets it: prctl(2))
  const withUs = ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '--'];
  const argv = [
    ...withUs,
    python,
    '-m',
    'jupyterlab',
    `--config=${places.configFile}`,
    ...(options.options ?? []),
  ];
  const { command, args } = asUser(user, environment, argv);
  const child = spawn(command, args, {
    cwd: places.notebooks,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = collect(child, options.onLine);
  const url = `http://127.0.0.1:${String(port)}${baseUrl}`;
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `token ${token}`);
    return fetch(url + path, { ...init, headers });
  };
  let gone: Promise<void> | undefined;
  const down = (): Promise<void> => (gone ??= end(child, directory));
  const answers = async (): Promise<boolean> =>
    (options.signal?.aborted ?? false) ||
    child.exitCode !== null ||
    ask('api/status').then(
      ({ ok }) => ok,
      () => false,
    );
  const answered = await until(answers, 60_000, 50);
  if (!answered || child.exitCode !== null || options.signal?.aborted) {
    await down();
    options.signal?.throwIfAborted();
    throw new Error(`JupyterLab does not answer at ${url}\n${log()}`);
  }
  return {
    url,
    openUrl: `${url}lab?token=${token}`,
    token,
    pid: child.pid as number,
    process: child,
    get log() {
      return log();
    },
    notebooks: places.notebooks,
    fetch: ask,
    down,
  };
}

/** Loopback, one port and no other, nothing of the world outside, and the application within reach of a browser test. */
function fixed(port: number, baseUrl: string, notebooks: string): Record<string, Record<string, unknown>> {
  return {
    ServerApp: {
      ip: '127.0.0.1',
      port,
      port_retries: 0,
      base_url: baseUrl,
      root_dir: notebooks,
      open_browser: false,
      disable_check_xsrf: false,
    },
    LabApp: {
      expose_app_in_browser: true,
      news_url: null,
      check_for_updates_class: 'jupyterlab.NeverCheckForUpdate',
      extension_manager: 'readonly',
    },
  };
}

interface Places {
  readonly notebooks: string;
  readonly settings: string;
  readonly runtime: string;
  readonly configFile: string;
}

async function layOut(directory: string, { user: { user }, files = {} }: LabOptions): Promise<Places> {
  const [notebooks, settings, runtime] = ['notebooks', 'settings', 'runtime'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  for (const place of [notebooks, settings, runtime]) {
    await mkdir(place, { mode: 0o700 });
    await chown(place, user.uid, user.gid);
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(notebooks, name), text);
    await chown(join(notebooks, name), user.uid, user.gid);
  }
  await chown(directory, user.uid, user.gid);
  await chmod(directory, 0o700);
  return { notebooks, settings, runtime, configFile: join(directory, 'jupyter_config.json') };
}

function collect(child: ChildProcess, onLine?: (line: string) => void): () => string {
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    });
  }
  return () => log;
}

async function end(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(timer);
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
