import { Failure, type Config } from '@berth/schema';
import { credentialFiles, credentialLookup } from '@berth/spawner/image';
import { askHubJobs, askNodes, commandRunner, withoutSlurmOptions } from '@berth/spawner/slurm';
import { userInfo } from 'node:os';
import { rm } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from 'node:net';
import { pino } from 'pino';
import { places } from '../catalog/index.ts';
import {
  createHubApp,
  createServiceApp,
  hardenedServer,
  openLog,
  type ServiceFace,
} from '../routes/index.ts';
import {
  Choices,
  HubTokens,
  isServerOf,
  mayUse,
  nodeRecord,
  SessionStore,
  Sessions,
  sudoHelper,
  systemAccounts,
} from '../sessions/index.ts';
import { LiveConfig } from './live-config.ts';
import { SharedCatalogKeeper } from './shared-catalog-keeper.ts';
import { listenAt } from './serve-sockets.ts';
import type { VerbContext } from './verb.ts';
import { VERSION } from './version.ts';

/** Slurm and sudo answer within this. Milliseconds. */
const PATIENCE = 20_000;
/** So many people's own lists are asked for at once, and so many jobs are cancelled. */
const ASKED_AT_ONCE = 8;
/** Availability in the form is not older. Milliseconds. */
const FORM_AGE = 10_000;
/** A former service, whose Hub was killed, needs a moment to notice. Milliseconds. */
const FORMER = 10_000;

export const HUB_SOCKET = 'hub.sock';

export interface SiteServer {
  listen(): Promise<void>;
  begin(): void;
  close(): Promise<void>;
}

/** All parts of the site service, put together. JupyterHub tells in the environment where it is. */
export async function openSiteServer(
  { env, home, configPlace }: VerbContext,
  directory: string,
): Promise<SiteServer> {
  const log = openLog(pino.destination({ dest: 2, sync: false, maxLength: 1024 * 1024 }));
  const clock = (): number => performance.now();
  const now = (): number => Date.now();
  // CLOCK_MONOTONIC, the same in all processes of this host
  const sinceBoot = (): number => Number(process.hrtime.bigint() / 1_000_000n);
  const live = new LiveConfig(configPlace, clock);
  const first = await live.config();
  const { hub } = first;
  let good = first;
  /** For what must go on while somebody edits the file: servers are shown and ended with the last one that was in order. */
  const lastGood = async (): Promise<Config> => {
    good = await live.config().catch(() => good);
    return good;
  };
  const face = faceOf(env, hub, clock);
  const environment = { USER: userInfo().username, ...withoutSlurmOptions(env) };
  const run = commandRunner(environment, PATIENCE);
  const program = async (name: string): Promise<string> => join((await lastGood()).slurm.binDirectory, name);
  const nodes = nodeRecord(async () => askNodes(run, await program('sinfo')), clock);
  const accounts = systemAccounts(run, () => good.hub.leastUid, clock);
  const keeper = new SharedCatalogKeeper({
    config: live.config,
    credentials: credentialLookup({ files: credentialFiles(env, home), env }),
    run,
    warn: (event, fields) => log.warn(event, fields),
    now,
  });
  const choices = new Choices({
    config: live.config,
    kernels: () => keeper.kernels(),
    nodes: () => nodes.current(FORM_AGE),
  });
  const sessions = new Sessions({
    store: new SessionStore(hub.state),
    helper: sudoHelper(run, async () => (await lastGood()).hub, sinceBoot),
    inTurn: places(ASKED_AT_ONCE),
    cancelInTurn: places(ASKED_AT_ONCE),
    accounts,
    limits: async () => (await live.config()).hub,
    choose: (account, options) => choices.choose(account, options),
    forJob: async () => placeOf((await live.config()).hub, face.base),
    askSlurm: async () => askHubJobs(run, await program('squeue')),
    addressOf: (node) => nodes.addressOf(node),
    interval: hub.queryInterval * 1000,
    warn: (event, fields) => log.warn(event, fields),
    now,
    clock,
  });
  const people = {
    form: async (user: string) => choices.form(await accounts.find(user)),
    check: async (user: string, options: unknown) => {
      await choices.choose(await accounts.find(user), options);
    },
  };
  const parts = { log, now };
  const forHub = hardenedServer(createHubApp({ sessions, people }, parts));
  const forPeople = hardenedServer(createServiceApp(sessions, face, parts));
  for (const server of [forHub, forPeople])
    server.on('error', ({ message }) => log.error('socket', { why: message }));
  const socket = join(directory, HUB_SOCKET);
  return {
    listen: async () => {
      await sessions.adopt();
      await patiently(() => listenOn(forPeople, env['JUPYTERHUB_SERVICE_URL'] ?? ''));
      await patiently(() => listenAt(forHub, socket));
      log.info('listening', { version: VERSION });
    },
    begin: () => keeper.begin(),
    close: async () => {
      sessions.close();
      await keeper.close();
      for (const server of [forHub, forPeople]) {
        server.close();
        server.closeAllConnections();
      }
      await rm(socket, { force: true });
    },
  };
}

/** What a job needs to tell where its server listens. */
const placeOf = ({ url, listen }: Config['hub'], base: string): Readonly<Record<string, string>> => ({
  callback: new URL(`${base}/v1/callback`, url).href,
  listen,
});

function faceOf(env: VerbContext['env'], hub: Config['hub'], clock: () => number): ServiceFace {
  const need = (name: string): string => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new Failure('usage-invalid', {
      why: `${name} is not set: JupyterHub starts this verb, as one of its services.`,
      command: 'berth serve',
    });
  };
  need('JUPYTERHUB_SERVICE_URL');
  const service = need('JUPYTERHUB_SERVICE_NAME');
  const tokens = new HubTokens({ api: need('JUPYTERHUB_API_URL'), fetch, clock });
  const refuse = (): never => {
    throw new Failure('token-refused', {});
  };
  return {
    base: need('JUPYTERHUB_SERVICE_PREFIX').replace(/\/$/, ''),
    origin: new URL(hub.url).origin,
    known: async (authorization) => {
      await tokens.owner(authorization);
    },
    person: async (authorization) => {
      const owner = await tokens.owner(authorization);
      return mayUse(owner, service) ? (owner.user ?? refuse()) : refuse();
    },
    server: async (authorization) => {
      const owner = await tokens.owner(authorization);
      return isServerOf(owner) ? (owner.user ?? refuse()) : refuse();
    },
  };
}

async function listenOn(server: Server, address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  server.listen(Number(port), hostname);
  await once(server, 'listening');
}

/** The service of a Hub that was killed may hold its places for a moment more. */
async function patiently(listen: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + FORMER;
  for (;;) {
    try {
      await listen();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(200);
    }
  }
}
