import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asUser } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import { freePort } from '../jupyter/free-port.ts';
import type { HubSite } from './hub-site.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export interface RealHubOptions {
  /** further lines of jupyterhub_config.py */
  readonly extra?: string;
  /** instead of the README's own */
  readonly config?: string;
  readonly pythonPath?: readonly string[];
}

/** A JupyterHub behind configurable-http-proxy, run by the site's service account, configured as the README says. */
export interface RealHub {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  readonly adminToken: string;
  readonly log: string;
  readonly database: string;
  /** As any program asks its REST API; `token` default the administrator's. */
  api(path: string, init?: RequestInit & { readonly token?: string }): Promise<Response>;
  kill(): Promise<void>;
  start(): Promise<void>;
  down(): Promise<void>;
}

/** The ten lines that the README shows. */
export async function readmeConfig(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = /```python\n(# jupyterhub_config\.py\n[\s\S]*?)```/.exec(readme)?.[1];
  if (block === undefined) throw new Error('the README shows no jupyterhub_config.py');
  return block;
}

export async function realHub(site: HubSite, options: RealHubOptions = {}): Promise<RealHub> {
  const port = await freePort();
  const api = await freePort();
  const proxyApi = await freePort();
  const service = await freePort();
  const place = join(site.prefix, 'hub');
  await mkdir(place, { mode: 0o700 });
  await chown(place, site.account.uid, site.account.gid);
  const packages = await hubPackage(site);
  const adminToken = randomBytes(24).toString('hex');
  const proxyToken = randomBytes(24).toString('hex');
  const url = `http://127.0.0.1:${port}/`;
  await setUrl(site, url);
  const said = (options.config ?? (await readmeConfig()))
    .replaceAll('/opt/berth/', `${site.prefix}/`)
    .replaceAll('/run/berth', site.directory)
    .replaceAll('http://127.0.0.1:10201', `http://127.0.0.1:${service}`)
    .replaceAll('http://:8000', url)
    .replaceAll('hub.example.org', '127.0.0.1');
  const configFile = join(place, 'jupyterhub_config.py');
  const database = join(place, 'jupyterhub.sqlite');
  const more = `
c.BerthSpawner.socket = ${JSON.stringify(join(site.directory, 'hub.sock'))}
c.JupyterHub.hub_port = ${api}
c.JupyterHub.db_url = "sqlite:///${database}"
c.JupyterHub.cookie_secret_file = "${join(place, 'cookie')}"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:${proxyApi}"
c.ConfigurableHTTPProxy.auth_token = "${proxyToken}"
c.PAMAuthenticator.open_sessions = False
for service in c.JupyterHub.services:
    service["environment"] = ${JSON.stringify(site.env)}
c.JupyterHub.services.append({"name": "test", "api_token": "${adminToken}"})
c.JupyterHub.load_roles = [{"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers", "access:servers", "tokens", "list:users", "read:services", "access:services"]}]
${options.extra ?? ''}
`;
  await writeFile(configFile, said + more, { mode: 0o600 });
  await chown(configFile, site.account.uid, site.account.gid);
  const proxy = startProxy(port, proxyApi, proxyToken, api);
  let child: ChildProcess | undefined;
  let log = '';
  const ask = (
    path: string,
    { token = adminToken, ...init }: RequestInit & { readonly token?: string } = {},
  ) => {
    const headers = new Headers(init.headers);
    if (token !== '') headers.set('authorization', `token ${token}`);
    return fetch(`${url}hub/api${path}`, { ...init, headers });
  };
  const start = async (): Promise<void> => {
    const env = {
      ...site.env,
      PATH: `${join(site.python, '..')}:/usr/local/bin:/usr/bin:/bin`,
      PYTHONPATH: [packages, ...(options.pythonPath ?? [])].join(':'),
      PYTHONUNBUFFERED: '1',
    };
    const argv = [site.python, '-m', 'jupyterhub', '-f', configFile];
    const { args } = asUser(site.account, env, argv);
    // PAM of another's account reads /etc/shadow, as the Hub's own documents have it for a Hub that is not root
    const withShadow = args.map((arg) => (arg === '--init-groups' ? `--groups=${GROUPS(site)}` : arg));
    // however we end, it does not outlive us
    const started = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', ...withShadow], {
      cwd: place,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (log += text));
    const answers = (path: string, wanted: number): Promise<boolean> =>
      fetch(`${url}${path}`).then(
        ({ status }) => status === wanted,
        () => false,
      );
    const serviceUp = async (): Promise<boolean> =>
      started.exitCode !== null ||
      // the service of a Hub that was killed may answer for a moment more
      ((await answers('hub/api/', 200)) && (await answers('services/berth/v1/sessions', 403)));
    if (!(await until(serviceUp, 60_000, 200)) || started.exitCode !== null)
      throw new Error(`the Hub does not start\n${log}`);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const down = async (): Promise<void> => {
    await kill();
    proxy.kill('SIGKILL');
    await rm(place, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await down();
    throw error;
  }
  return {
    url,
    adminToken,
    database,
    get log() {
      return log;
    },
    api: ask,
    kill,
    start,
    down,
  };
}

const GROUPS = ({ account }: HubSite): string => `${account.gid},shadow,berth-project`;

function startProxy(port: number, api: number, token: string, hub: number): ChildProcess {
  const script = join(root, 'node_modules/configurable-http-proxy/bin/configurable-http-proxy');
  const argv = [
    ...['--ip', '127.0.0.1', '--port', String(port), '--api-ip', '127.0.0.1', '--api-port', String(api)],
    ...['--default-target', `http://127.0.0.1:${hub}`, '--error-target', `http://127.0.0.1:${hub}/hub/error`],
    ...['--log-level', 'none'],
  ];
  const args = ['--pdeathsig', 'KILL', '--', process.execPath, script, ...argv];
  return spawn('/usr/bin/setpriv', args, {
    env: { CONFIGPROXY_AUTH_TOKEN: token, PATH: '/usr/bin:/bin' },
    stdio: 'inherit',
  });
}

/** The Hub's wheel, where the Hub finds its entry point. */
async function hubPackage(site: HubSite): Promise<string> {
  const target = join(site.prefix, 'hub-package');
  const build = join(site.prefix, 'hub-build');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-index'];
  const { stdout } = await run('/bin/sh', [join(root, 'scripts/hub-wheel.sh'), build]);
  await run(site.python, [...pip, '--no-compile', `--target=${target}`, stdout.trim()]);
  return target;
}

async function setUrl({ configFile }: HubSite, url: string): Promise<void> {
  const content = JSON.parse(await readFile(configFile, 'utf8')) as { hub: object };
  await writeFile(configFile, JSON.stringify({ ...content, hub: { ...content.hub, url } }, null, 2));
}
