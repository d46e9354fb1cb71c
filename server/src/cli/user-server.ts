import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlurmConfig, type Config } from '@berth/schema';
import { credentialFiles, credentialLookup } from '@berth/spawner/image';
import { LONGEST_REDIAL_MS } from '@berth/spawner/launch';
import { askingEnvironment, commandRunner, standing } from '@berth/spawner/slurm';
import { pino } from 'pino';
import { JobBoard } from '../batch/index.ts';
import { Gallery } from '../gallery/index.ts';
import { openLaunches } from '../launches/index.ts';
import { createApp, EventHub, hardenedServer, openLog, openMetrics } from '../routes/index.ts';
import { countedRunner } from './counted-runner.ts';
import { LiveConfig } from './live-config.ts';
import { loadOwnConfig } from './own-sources.ts';
import { jobRunner, jobStore, stateDirectory, submitContext } from './notebook-jobs.ts';
import { listenAt, SOCKETS } from './serve-sockets.ts';
import { withPortRange } from './slurm-ports.ts';
import type { VerbContext } from './verb.ts';
import { VERSION } from './version.ts';

/** A controller that answers does so within this, or is taken as silent. Milliseconds. */
const SLURM_PATIENCE = 15_000;
/** Milliseconds between comments to silent listeners. */
const BEAT = 20_000;
/** Milliseconds that launchers have, beyond the longest wait between two dials, to say where they stand. */
const REDIAL_SLACK = 150;
/** Milliseconds between looks at the configuration, so that what is changed there shows without a word of anybody. */
const FOLLOW = 10_000;

export interface UserServer {
  /** Resolves when both sockets listen. @throws Failure `serve-refused` */
  listen(): Promise<void>;
  /** What can wait until somebody may ask: the catalogue, a scan. */
  begin(): void;
  /** Ends all, and removes the sockets; may be called twice. */
  close(): Promise<void>;
}

/** All parts of the user server, put together. */
export function openUserServer(context: VerbContext, directory: string): UserServer {
  const { env, home, berth, configPlace } = context;
  const log = openLog(pino.destination({ dest: 2, sync: false, maxLength: 1024 * 1024 }));
  const instance = randomBytes(6).toString('hex');
  const events = new EventHub({ instance });
  const { publish } = events;
  const here = standing(env);
  const own = here.kind === 'inside' ? here.jobId : undefined;
  const live = new LiveConfig(configPlace, () => performance.now(), {
    load: (place) => loadOwnConfig(place, env),
  });
  const run = countedRunner(commandRunner(askingEnvironment(env), SLURM_PATIENCE), (command, answered) =>
    metrics.slurm(command, answered),
  );
  const gallery = new Gallery({
    config: live.config,
    demandSources: live.demandSources,
    complete: onceFor((config) => withPortRange(config, run)),
    credentials: credentialLookup({ files: credentialFiles(env, home), env }),
    berth,
    publish,
    onScanEnd: (end, error) => {
      metrics.scanEnded(end);
      log.info('scan', { end, why: error instanceof Error ? error.message : undefined });
    },
    onTrouble: (error) =>
      log.warn('kernelspecs', { why: error instanceof Error ? error.message : undefined }),
    now: () => Date.now(),
  });
  const launches = openLaunches({
    stateDirectory: stateDirectory(context),
    root: env['BERTH_SERVER_ROOT'],
    config: live.config,
    run,
    own,
    publish,
    listening: () => events.listeners,
    note: (what, why) => log.warn(what, { why }),
    decided: (start) => log.info('start', { ...start }),
    listed: (listed, asked) => jobs.heard(listed, asked),
    now: () => Date.now(),
  });
  const runJobs = jobRunner(env);
  const jobs: JobBoard = new JobBoard({
    context: async () => submitContext(context, await live.config(), runJobs),
    store: jobStore(context),
    run,
    binDirectory: async () => {
      const { slurm } = await live.config().catch(() => ({ slurm: SlurmConfig.parse({}) }));
      return slurm.binDirectory;
    },
    root: env['BERTH_SERVER_ROOT'],
    publish,
    listening: () => events.listeners,
    look: async () => {
      allocations.look();
      return (await allocations.list()).stale;
    },
    expecting: (news) => allocations.expect(news),
    note: (why) => log.warn('jobs', { why }),
  });
  const { board, allocations } = launches;
  const metrics = openMetrics(events, board);
  const status = async () => {
    const sources = await live.config().then(
      (config) => Object.keys(config.sources),
      () => [],
    );
    return { version: VERSION, instance, sources };
  };
  const services = {
    status,
    kernels: gallery,
    profiles: async () => ({ ...(await gallery.profiles()), ...(own !== undefined && { ownJob: own }) }),
    launches: board,
    allocations,
    jobs,
  };
  const server = hardenedServer(createApp({ services, events, metrics, log, now: () => Date.now() }));
  // no descriptor left for one more connection is told and outlived (F20); unheard it would end the process
  for (const one of [server, launches.server])
    one.on('error', ({ message }) => log.error('socket', { why: message }));
  const httpSocket = join(directory, SOCKETS.http);
  const launchSocket = join(directory, SOCKETS.launch);
  const timers: NodeJS.Timeout[] = [];
  return {
    listen: async () => {
      // first launchers, then pages: after a crash nobody may see, or act on, less than what lives
      if (await listenAt(launches.server, launchSocket)) await sleep(LONGEST_REDIAL_MS + REDIAL_SLACK);
      await listenAt(server, httpSocket);
      log.info('listening', { version: VERSION, instance });
    },
    begin: () => {
      const follow = (): void => void gallery.follow();
      timers.push(
        setInterval(() => events.beat(), BEAT),
        setInterval(follow, FOLLOW),
      );
      follow();
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      events.close();
      const listening = server.listening;
      launches.close();
      const closed = jobs.close();
      server.close();
      server.closeAllConnections();
      await Promise.all([gallery.stopScan(), closed]);
      if (listening) await Promise.all([httpSocket, launchSocket].map((path) => rm(path, { force: true })));
    },
  };
}

/** Asks once for each configuration; again when nothing came of it, because nobody answered. */
function onceFor(ask: (config: Config) => Promise<Config>): (config: Config) => Promise<Config> {
  const known = new WeakMap<Config, Config>();
  return async (config) => {
    const completed = known.get(config) ?? (await ask(config));
    if (completed !== config) known.set(config, completed);
    return completed;
  };
}
