import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SessionView } from '@berth/schema/rest';
import type { z } from 'zod/mini';
import { freePort } from '../jupyter/free-port.ts';
import { ask, type Answer, type Ask } from './web-request.ts';
import { bundleWithout, type RemovedGuard } from './without-guard.ts';

/** What a token of the stand-in for the Hub is good for. */
export interface Token {
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly scopes: readonly string[];
}

/** `berth serve --site` with a stand-in for the Hub's API, for sudo and for Slurm: all that is asked of them is recorded. */
export interface SiteService {
  /** tokens that the Hub knows; change it as the Hub would */
  readonly tokens: Map<string, Token>;
  /** below /services/berth, as it comes through the proxy */
  web(path: string, options?: Ask): Promise<Answer>;
  /** on the Hub's socket */
  hub<T = z.infer<typeof SessionView>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }>;
  /** a server of this person; its job runs on node1 */
  start(
    user: string,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<{ id: string; status: number; nonce: string }>;
  /** a job that Slurm has, and the service knows nothing of */
  addJob(line: string): Promise<void>;
  /** every order to the helper: account and text */
  orders(): Promise<readonly { readonly user: string; readonly text: string }[]>;
  readonly log: string;
  readonly configFile: string;
  close(): Promise<void>;
}

export interface SiteServiceOptions {
  readonly removed?: readonly RemovedGuard[];
  readonly hub?: Readonly<Record<string, unknown>>;
}

export const ORIGIN = 'https://hub.example.org';

export async function siteService({ removed = [], hub = {} }: SiteServiceOptions = {}): Promise<SiteService> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-site-'));
  const [orders, bin, run] = ['orders', 'bin', 'run'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const place of [orders, bin, run]) await mkdir(place, { mode: 0o700 });
  const queueFile = join(directory, 'queue');
  await writeFile(queueFile, '');
  await program(join(bin, 'sudo'), standInForSudo(orders, queueFile));
  await program(join(bin, 'squeue'), `#!/bin/sh\nsed 's/|[^|]*$//' ${queueFile}\n`);
  await program(join(bin, 'sinfo'), `#!/bin/sh\necho 'node1|192.0.2.1|batch|up|idle|0/8/0/8'\n`);
  await bundleWithout(removed, { berth: 'server/src/cli/main.ts' }, join(directory, 'lib'));
  const tokens = new Map<string, Token>();
  const api = createServer((asked, response) => {
    const token = tokens.get((asked.headers.authorization ?? '').replace(/^token /, ''));
    response.writeHead(token === undefined ? 403 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(token ?? { status: 403 }));
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  const port = await freePort();
  const configFile = join(directory, 'berth.yaml');
  const config = {
    slurm: { binDirectory: bin },
    profiles: { small: { resources: { cpus: 1, memory: '500M', time: '30' } } },
    defaultProfile: 'small',
    hub: {
      url: `${ORIGIN}/`,
      sudo: join(bin, 'sudo'),
      helper: '/berth-as-user',
      state: join(directory, 'state'),
      ...hub,
    },
  };
  await writeFile(configFile, JSON.stringify(config));
  const argv = [
    join(directory, 'lib/berth.mjs'),
    'serve',
    '--site',
    '--directory',
    run,
    '--config',
    configFile,
  ];
  const child = spawn(process.execPath, argv, {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: directory,
      JUPYTERHUB_API_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hub/api`,
      JUPYTERHUB_SERVICE_NAME: 'berth',
      JUPYTERHUB_SERVICE_PREFIX: '/services/berth/',
      JUPYTERHUB_SERVICE_URL: `http://127.0.0.1:${port}`,
    },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const failed = once(child, 'close').then(() => {
    throw new Error(`berth serve --site has ended\n${log}`);
  });
  failed.catch(() => undefined);
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    api.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([once(createInterface({ input: child.stdout }), 'line'), failed]);
  } catch (error) {
    await close();
    throw error;
  }
  const recorded = async () =>
    Promise.all(
      (await readdir(orders)).sort().map(async (name) => ({
        user: name.split('.')[1] ?? '',
        text: await readFile(join(orders, name), 'utf8'),
      })),
    );
  const send = <T>(method: string, path: string, body?: unknown) =>
    new Promise<{ status: number; body: T }>((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request(
        { socketPath: join(run, 'hub.sock'), method, path, headers, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('error', reject).on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: (text === '' ? undefined : JSON.parse(text)) as T,
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    tokens,
    web: (path, options) => ask(`http://127.0.0.1:${port}/services/berth${path}`, options),
    hub: send,
    start: async (user, more = {}) => {
      const id = randomBytes(8).toString('hex');
      const body = { user, server: `of-${id}`, options: {}, env: { JUPYTERHUB_API_TOKEN: 'x' }, ...more };
      const { status } = await send('PUT', `/v1/sessions/${id}`, body);
      const order = (await recorded()).find(({ text }) => text.includes(id));
      return { id, status, nonce: /"nonce":"([0-9a-f]{64})"/.exec(order?.text ?? '')?.[1] ?? '' };
    },
    addJob: (line) => appendFile(queueFile, `${line}\n`),
    orders: recorded,
    configFile,
    get log() {
      return log;
    },
    close,
  };
}

async function program(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}

/** `sudo -n -u USER -- HELPER`: keeps the order; a submission is job 1000 and up, and runs at once. */
const standInForSudo = (orders: string, queue: string): string => `#!/bin/sh
n=1000
while ! mkdir "${orders}/../job-$n" 2>/dev/null; do n=$((n + 1)); done
cat >"${orders}/../job-$n/$3" && mv "${orders}/../job-$n/$3" "${orders}/$n.$3"
case $(head -n 1 "${orders}/$n.$3") in
  *submit)
    id=$(sed -n 's/^\\([0-9a-f]\\{16\\}\\)$/\\1/p' "${orders}/$n.$3" | head -n 1)
    echo "$3|$n|RUNNING|N/A|node1|None|berth-hub:$id" >>${queue}
    echo $n
    ;;
  *list) grep "^$3|" ${queue} || : ;;
esac
`;
