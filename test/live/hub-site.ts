import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runAs, type RunResult } from '../cluster/as-user.ts';
import { clusterUp, type Cluster, type ClusterOptions } from '../cluster/cluster.ts';
import { identify, isAlive, type ProcessIdentity } from '../cluster/process-identity.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { buildImages, pushImages } from '../images/images.ts';
import { labPython } from '../jupyter/lab-environment.ts';
import { freshBuild } from './fresh-build.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The account of the site service and the Hub; it stays, as alice and bob do. `PROJECT` is alice's group, and the service's. */
const ACCOUNT = 'berth-hub';
export const PROJECT = 'berth-project';
const PEOPLE = 'berth-people';

const PREFIX = '/opt/berth-hub-';
/** in a prefix: the process that made it, and removes it */
const OWNER = 'owner';
export const ruleOf = (prefix: string): string => `/etc/sudoers.d/${prefix.replaceAll('/', '-').slice(1)}`;

export interface HubSiteOptions extends ClusterOptions {
  /** images that the registry holds; one of a name in `project` is for alice's group alone */
  readonly images?: readonly string[];
  readonly project?: readonly string[];
  /** merged into the site's configuration */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly hub?: Readonly<Record<string, unknown>>;
  /** instead of the single-user server: a program of the test's own, text of a script */
  readonly job?: string;
  /** Slurm hides jobs from all but their owners and its operators, of which the service is one */
  readonly operator?: boolean;
  /** further accounts, each with a home of its own */
  readonly crowd?: number;
}

/** A cluster with all that the Hub's part of Berth needs installed as a site does it: helper, sudo rule, accounts, configuration. */
export interface HubSite {
  readonly cluster: Cluster;
  readonly account: ClusterUser;
  readonly alice: ClusterUser;
  readonly bob: ClusterUser;
  readonly crowd: readonly ClusterUser[];
  /** root's own, nobody else's */
  readonly prefix: string;
  readonly berth: string;
  readonly python: string;
  readonly configFile: string;
  /** the account's, 0700: sockets of the service */
  readonly directory: string;
  readonly state: string;
  readonly shared: string;
  readonly env: Readonly<Record<string, string>>;
  /** as any user, with this cluster's Slurm */
  as(user: ClusterUser, argv: readonly string[]): Promise<RunResult>;
  /** all jobs of the Hub's people, `ID STATE USER COMMENT` a line */
  jobs(): Promise<readonly string[]>;
  /** ends the Hub's jobs of everybody */
  sweep(): Promise<void>;
  down(): Promise<void>;
}

const PROFILES = {
  small: {
    title: 'Small',
    description: 'to look around',
    resources: { cpus: 1, memory: '500M', time: '30' },
  },
  large: { title: 'Large', resources: { cpus: 4, memory: '2G', time: '60' } },
};

export async function hubSiteUp(options: HubSiteOptions = {}): Promise<HubSite> {
  const { images: names = [], project = [], config = {}, hub = {}, job, crowd = 0, ...others } = options;
  const { operator = false, extraSlurmConf = [], ...rest } = others;
  // Slurm looks for its uid when it starts
  const account = await serviceAccount();
  const hidden = {
    accounting: { operators: [ACCOUNT] },
    extraSlurmConf: ['PrivateData=jobs', ...extraSlurmConf],
  };
  const [cluster, images, python] = await Promise.all([
    clusterUp({ nodes: 2, registry: names.length > 0, extraSlurmConf, ...(operator && hidden), ...rest }),
    buildImages({ only: names }),
    freshBuild(root).then(() => labPython()),
  ]);
  // below /tmp anybody may write beside it: the helper refuses that
  await sweepDead();
  const prefix = await mkdtemp(PREFIX);
  const rule = ruleOf(prefix);
  const down = async (): Promise<void> => {
    await cluster.down();
    await rm(rule, { force: true });
    await rm(prefix, { recursive: true, force: true });
  };
  try {
    await writeFile(join(prefix, OWNER), JSON.stringify(identify(process.pid)));
    await peopleOf(cluster);
    const many = await Promise.all(Array.from({ length: crowd }, (_, at) => person(`berth-crowd${at}`)));
    await chmod(prefix, 0o755);
    const configFile = join(prefix, 'berth.yaml');
    await Promise.all([
      run('/bin/sh', [join(root, 'scripts/install.sh'), prefix]),
      names.length > 0 ? pushImages(images, cluster.registry?.host ?? '') : undefined,
    ]);
    await run('/bin/sh', [join(root, 'scripts/install-hub.sh'), prefix, python, configFile]);
    const libexec = join(prefix, 'libexec');
    const helper = join(libexec, 'berth-as-user');
    const script = join(libexec, 'berth-hub-job');
    if (job !== undefined) await writeFile(script, job);
    await writeFile(`${helper}.conf`, `script=${script}\nslurm_conf=${cluster.slurmConf}\n`);
    await run('/bin/sh', [
      '-c',
      `sed -e 's|PREFIX|${prefix}|g' -e 's|ACCOUNT|${ACCOUNT}|g' -e 's|PEOPLE|${PEOPLE}|g' ${join(root, 'spawner/hub/sudoers.example')} >${rule}.new && chmod 440 ${rule}.new && /usr/sbin/visudo -cqf ${rule}.new && mv ${rule}.new ${rule}`,
    ]);
    const places = {
      directory: join(prefix, 'run'),
      state: join(prefix, 'state'),
      shared: join(prefix, 'shared'),
    };
    for (const place of Object.values(places)) {
      await mkdir(place, { mode: 0o700 });
      await chown(place, account.uid, account.gid);
    }
    await chmod(places.shared, 0o755);
    const registry = cluster.registry?.url;
    const content = {
      sources:
        registry === undefined
          ? {}
          : {
              lab: source(
                registry,
                names.filter((name) => !project.includes(name)),
              ),
              ...(project.length > 0 && { project: { ...source(registry, project), audience: PROJECT } }),
            },
      catalog: {
        cache: '~/.cache/berth-hub-test/catalog',
        shared: { directory: places.shared, owner: account.uid },
      },
      store: { path: '~/.cache/berth-hub-test/store' },
      slurm: { addresses: ['127.0.0.1'], queryInterval: 1 },
      container: { env: { BERTH_TEST_SITE: cluster.dir } },
      profiles: PROFILES,
      defaultProfile: 'small',
      ...config,
      hub: { helper, state: places.state, listen: '127.0.0.1', ...hub },
    };
    await writeFile(configFile, JSON.stringify(content, null, 2), { mode: 0o644 });
    const env = { ...cluster.env, BERTH_CONFIG: configFile };
    const as = (user: ClusterUser, argv: readonly string[]) => runAs(user, env, argv);
    const root_ = cluster.users.caller;
    return {
      cluster,
      account,
      alice: cluster.users.alice,
      bob: cluster.users.bob,
      crowd: many,
      prefix,
      berth: join(prefix, 'bin/berth'),
      python,
      configFile,
      ...places,
      env,
      as,
      jobs: async () => {
        const { stdout } = await as(root_, ['squeue', '-h', '-n', 'berth-hub', '-o', '%A %T %u %k']);
        return stdout.split('\n').filter((line) => line !== '');
      },
      sweep: async () => {
        await as(root_, ['scancel', '--name=berth-hub']);
      },
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
}

/** What a process that was killed has left: above all a rule of sudo. */
async function sweepDead(): Promise<void> {
  const [parent, name] = [dirname(PREFIX), basename(PREFIX)];
  for (const one of (await readdir(parent)).filter((other) => other.startsWith(name))) {
    const prefix = join(parent, one);
    const owner = await ownerOf(prefix);
    // without an owner it is just being made
    if (owner === undefined || isAlive(owner)) continue;
    await rm(ruleOf(prefix), { force: true });
    await rm(prefix, { recursive: true, force: true });
  }
}

/** Undefined also where it has not been written whole yet. */
async function ownerOf(prefix: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(join(prefix, OWNER), 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

const source = (url: string, names: readonly string[]) => ({
  type: 'registry',
  url,
  repositories: names.map((name) => `tests/${name}`),
});

async function serviceAccount(): Promise<ClusterUser> {
  await run('groupadd', ['-f', PROJECT]);
  await run('/usr/sbin/useradd', [
    '-r',
    '-m',
    '-d',
    `/var/lib/${ACCOUNT}`,
    '-s',
    '/usr/sbin/nologin',
    ACCOUNT,
  ]).catch((error: { code?: number }) => {
    // it is there already
    if (error.code !== 9) throw error as unknown as Error;
  });
  await run('/usr/sbin/usermod', ['-a', '-G', PROJECT, ACCOUNT]);
  return userOf(ACCOUNT);
}

/** The groups of those whom the Hub serves. */
async function peopleOf(cluster: Cluster): Promise<void> {
  await run('groupadd', ['-f', PEOPLE]);
  const { alice, bob } = cluster.users;
  await run('/usr/sbin/usermod', ['-a', '-G', `${PROJECT},${PEOPLE}`, alice.name]);
  await run('/usr/sbin/usermod', ['-a', '-G', PEOPLE, bob.name]);
}

async function person(name: string): Promise<ClusterUser> {
  const argv = ['-m', '-K', 'UID_MIN=3000', '-K', 'HOME_MODE=0700', '-G', PEOPLE, '-s', '/bin/bash', name];
  for (let tries = 0; ; tries++) {
    try {
      await run('/usr/sbin/useradd', argv);
      break;
    } catch (error) {
      // 9: it is there; else another useradd holds the lock
      if ((error as { code?: number }).code === 9) break;
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await run('/usr/sbin/usermod', ['-a', '-G', PEOPLE, name]);
  return userOf(name);
}

async function userOf(name: string): Promise<ClusterUser> {
  const { stdout } = await run('getent', ['passwd', name]);
  const [, , uid, gid, , home = ''] = stdout.trim().split(':');
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/** For PAM: a password of this run, which `lock` takes away again. */
export async function givePassword(
  user: ClusterUser,
): Promise<{ readonly password: string; lock(): Promise<void> }> {
  const password = randomBytes(18).toString('hex');
  const change = execFile('/usr/sbin/chpasswd');
  change.stdin?.end(`${user.name}:${password}\n`);
  await new Promise((resolve, reject) => {
    change
      .on('error', reject)
      .on('exit', (code) => (code === 0 ? resolve(undefined) : reject(new Error('chpasswd'))));
  });
  return { password, lock: async () => void (await run('/usr/sbin/usermod', ['-p', '*', user.name])) };
}
