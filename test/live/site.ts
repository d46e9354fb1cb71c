import { chmod, chown, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BERTH_FILE, LaunchRecord } from '@berth/schema';
import { runAs, type RunOptions, type RunResult } from '../cluster/as-user.ts';
import { clusterUp, type Cluster, type ClusterOptions } from '../cluster/cluster.ts';
import { until } from '../cluster/until.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { buildImages, pushImages, type BuiltImage } from '../images/images.ts';
import { Driver } from '../jupyter/driver.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { freshBuild } from './fresh-build.ts';
import { keep, takeOver } from './kept-rootfs.ts';
import { jobsOf, leftoversOf, pidsOf, sharedFiles, untilClean, type Whose } from './user-leftovers.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

type SiteConfig = Readonly<Record<string, unknown>>;

export interface SiteOptions extends ClusterOptions {
  /** images that the registry holds and that are offered; default `venv-python` */
  readonly images?: readonly string[];
  /** who gets them; default alice */
  readonly people?: readonly ('alice' | 'bob')[];
  /** merged into each person's configuration; as a function it may need what the cluster has */
  readonly config?: SiteConfig | ((cluster: Cluster, user: ClusterUser) => SiteConfig | Promise<SiteConfig>);
}

/** One person's own directory of this site: the default places below home would be shared by sites side by side. */
export interface PersonArea {
  readonly user: ClusterUser;
  readonly area: string;
  readonly kernels: string;
  readonly runtime: string;
  readonly store: string;
  readonly mountPoint: string;
  /** TMPDIR of their client processes */
  readonly temporary: string;
  /** on top of a fresh login's environment */
  readonly env: Readonly<Record<string, string>>;
}

/** A cluster with Berth installed on it, a registry with images, and kernelspecs for its people. */
export interface Site {
  readonly cluster: Cluster;
  readonly images: readonly BuiltImage[];
  readonly berth: string;
  person(who: 'alice' | 'bob'): PersonArea;
  /** Name of the kernelspec of an image's kernel; without `language` that of its first one. */
  kernel(
    image: string,
    options?: { readonly who?: 'alice' | 'bob'; readonly language?: string },
  ): Promise<string>;
  /** A further kernelspec: that one with its launch record changed. Its name is `name`. */
  variant(
    kernel: string,
    name: string,
    change: (record: LaunchRecord) => unknown,
    who?: 'alice' | 'bob',
  ): Promise<string>;
  /** A Jupyter client of that person; `within` as in Driver.start. Ended by down() at the latest. */
  driver(who?: 'alice' | 'bob', within?: readonly string[]): Promise<Driver>;
  /** As that person, with the environment of `person(who)`; Berth and Jupyter's programs are on PATH. */
  run(argv: readonly string[], options?: RunOptions & { readonly who?: 'alice' | 'bob' }): Promise<RunResult>;
  leftovers(who?: 'alice' | 'bob'): Promise<readonly string[]>;
  /** Waits until nothing is left of that person's kernels; else throws, naming all that is. */
  untilClean(ms: number, who?: 'alice' | 'bob'): Promise<void>;
  /** After a test that failed: ends that person's clients, kernels and jobs, so that the next test starts afresh. */
  sweep(who?: 'alice' | 'bob'): Promise<void>;
  down(): Promise<void>;
}

export async function siteUp(options: SiteOptions = {}): Promise<Site> {
  const { images: names = ['venv-python'], people = ['alice'], config = {}, ...rest } = options;
  const [cluster, images] = await Promise.all([
    clusterUp(rest),
    buildImages({ only: names }),
    freshBuild(root),
  ]);
  const drivers: Driver[] = [];
  const areas = new Map<string, PersonArea>();
  const down = async (): Promise<void> => {
    await Promise.all(drivers.splice(0).map((driver) => driver.dispose()));
    await Promise.all([...areas.values()].map(keep));
    await cluster.down();
  };
  try {
    const prefix = join(cluster.dir, 'berth');
    const host = cluster.registry?.host ?? '';
    await Promise.all([run('/bin/sh', [join(root, 'scripts/install.sh'), prefix]), pushImages(images, host)]);
    const berth = join(prefix, 'bin/berth');
    for (const who of people) {
      const user = cluster.users[who];
      const own = typeof config === 'function' ? await config(cluster, user) : config;
      const area = await makeArea(cluster, user, berth, own);
      areas.set(who, area);
      await sync(area, berth);
      const records = await recordsIn(area.kernels);
      await takeOver(
        area,
        records.map(({ image }) => image.digest),
      );
    }
    const before = new Set(people.flatMap((who) => sharedFiles(cluster.users[who].uid)));
    const person = (who: 'alice' | 'bob'): PersonArea => {
      const area = areas.get(who);
      if (area === undefined) throw new Error(`${who} is not among the people of this site`);
      return area;
    };
    const own = (who: 'alice' | 'bob'): Whose => {
      const running = drivers.filter((driver) => driver.isRunning);
      const files = running.flatMap((driver) => driver.connectionFiles);
      return { cluster, area: person(who), before, except: { pids: running.map(({ pid }) => pid), files } };
    };
    return {
      cluster,
      images,
      berth,
      person,
      kernel: async (image, { who = 'alice', language } = {}) => {
        const { kernels } = person(who);
        const fits = ({ image: { ref }, kernel }: LaunchRecord): boolean =>
          ref.repository === `tests/${image}` && (language ?? kernel.language) === kernel.language;
        const name = (await recordsIn(kernels)).find(fits)?.name;
        if (name === undefined) throw new Error(`no kernelspec of ${image} ${language ?? ''} in ${kernels}`);
        return name;
      },
      variant: async (kernel, name, change, who = 'alice') => {
        const { kernels, user } = person(who);
        const target = join(kernels, name);
        await rm(target, { recursive: true, force: true });
        await cp(join(kernels, kernel), target, { recursive: true });
        const record = change(await readRecord(target));
        await writeFile(join(target, BERTH_FILE), JSON.stringify(record));
        const spec = JSON.parse(await readFile(join(target, 'kernel.json'), 'utf8')) as { argv: string[] };
        spec.argv = spec.argv.map((word) => (word === join(kernels, kernel) ? target : word));
        await writeFile(join(target, 'kernel.json'), JSON.stringify(spec));
        await run('chown', ['-R', `${user.uid}:${user.gid}`, target]);
        return name;
      },
      driver: async (who = 'alice', within = []) => {
        const { user, env } = person(who);
        const driver = await Driver.start(user, env, within);
        drivers.push(driver);
        return driver;
      },
      run: async (argv, { who = 'alice', ...rest } = {}) =>
        runAs(person(who).user, person(who).env, argv, rest),
      leftovers: (who = 'alice') => leftoversOf(own(who)),
      sweep: async (who = 'alice') => {
        const { user, env } = person(who);
        const its = drivers.filter((driver) => driver.user === user.name);
        for (const driver of its) drivers.splice(drivers.indexOf(driver), 1);
        await Promise.all(its.map((driver) => driver.dispose()));
        await runAs(user, env, ['scancel', '--me']);
        for (const pid of pidsOf(own(who))) kill(pid);
        const gone = async (): Promise<boolean> =>
          pidsOf(own(who)).length + (await jobsOf(own(who))).length === 0;
        await until(gone, 10_000);
      },
      untilClean: (ms, who = 'alice') => untilClean(own(who), ms),
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
}

async function readRecord(directory: string): Promise<LaunchRecord> {
  return LaunchRecord.parse(JSON.parse(await readFile(join(directory, BERTH_FILE), 'utf8')));
}

async function recordsIn(kernels: string): Promise<readonly (LaunchRecord & { readonly name: string })[]> {
  const names = (await readdir(kernels)).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(names.map(async (name) => ({ ...(await readRecord(join(kernels, name))), name })));
}

async function sync({ user, env }: PersonArea, berth: string): Promise<void> {
  const { status, stdout, stderr } = await runAs(user, env, [berth, 'kernels', 'sync']);
  if (status !== 0) throw new Error(`berth kernels sync: ${status}\n${stdout}${stderr}`);
}

/** Directories and configuration of one person; 0700 and theirs. */
async function makeArea(
  cluster: Cluster,
  user: ClusterUser,
  berth: string,
  config: Readonly<Record<string, unknown>>,
): Promise<PersonArea> {
  const area = join(cluster.dir, 'people', user.name);
  const [data, runtime] = [join(area, 'jupyter'), join(area, 'runtime')];
  const places = {
    kernels: join(data, 'kernels'),
    runtime,
    store: join(area, 'store'),
    mountPoint: join(area, 'mnt'),
    temporary: join(area, 'tmp'),
  };
  const configFile = join(area, 'config.yaml');
  const made = [dirname(area), area, data, runtime, places.kernels, places.temporary];
  for (const directory of made) await mkdir(directory, { recursive: true });
  for (const directory of made.slice(1)) {
    await chmod(directory, 0o700);
    await chown(directory, user.uid, user.gid);
  }
  const content = {
    sources: { lab: { type: 'registry', url: cluster.registry?.url } },
    catalog: { cache: join(area, 'catalog') },
    store: { path: places.store },
    kernels: { directory: places.kernels },
    node: { mountPoint: places.mountPoint },
    // everything is one machine here, whose own name need not resolve
    slurm: { addresses: ['127.0.0.1'], queryInterval: 1 },
    profiles: { test: { resources: { cpus: 1, memory: '500M', time: '10' } } },
    defaultProfile: 'test',
    // by which a process of a container is known as this site's, whoever its parent has become
    container: { env: { BERTH_TEST_SITE: cluster.dir } },
    ...config,
  };
  // JSON is YAML too
  await writeFile(configFile, JSON.stringify(content, null, 2), { mode: 0o644 });
  const env = {
    ...cluster.env,
    PATH: `${dirname(berth)}:${dirname(venvProgram('python3'))}:/usr/local/bin:/usr/bin:/bin`,
    BERTH_CONFIG: configFile,
    TMPDIR: places.temporary,
    XDG_STATE_HOME: join(area, 'state'),
    JUPYTER_DATA_DIR: data,
    JUPYTER_RUNTIME_DIR: runtime,
    JUPYTER_CONFIG_DIR: join(area, 'jupyter-config'),
  };
  return { user, area, ...places, env };
}
