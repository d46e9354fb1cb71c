import type { Container, LaunchPlan, LaunchRecord, Mount, Placement } from '@berth/schema';
import { newJobArgv, standing, stepArgv, withoutSlurmOptions, type Environment } from '../slurm/index.ts';
import { containerEnvironment, passedNames, type Person } from './container-environment.ts';
import { canWorkIn, isWithin } from './work-directory.ts';

export interface PlanContext {
  /** 16 hex digits */
  readonly launchId: string;
  readonly env: Environment;
  readonly cwd: string;
  readonly person: Person;
  /** addresses of this host that a node may dial */
  readonly addresses: readonly string[];
}

/** `~/x` -> `/home/me/x`. */
export const expandHome = (path: string, home: string): string =>
  path.startsWith('~/') ? `${home}${path.slice(1)}` : path;

/** By which a job of ours is recognised in squeue. */
export const jobComment = (launchId: string): string => `berth:${launchId}`;
export const jobName = (record: LaunchRecord, launchId: string): string =>
  `berth-${record.kernel.id.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 40)}-${launchId}`;

/** Everything that a launch will do; pure. */
export function planLaunch(record: LaunchRecord, context: PlanContext): LaunchPlan {
  const { launchId, person, addresses } = context;
  return {
    placement: placement(record, context),
    node: {
      launchId,
      image: record.image,
      source: record.source,
      store: { ...record.store, path: expandHome(record.store.path, person.home) },
      node: { ...record.node, mountPoint: expandHome(record.node.mountPoint, person.home) },
      limits: record.limits,
      container: container(record, context),
      home: person.home,
      slurm: record.slurm.binDirectory,
      berth: absolute(context.env['BERTH_BIN'], context.cwd),
      config: absolute(context.env['BERTH_CONFIG'], context.cwd),
    },
    listen: { addresses, ...(record.slurm.portRange ? { portRange: record.slurm.portRange } : {}) },
  };
}

const absolute = (path: string | undefined, cwd: string): string =>
  path === undefined || path === '' || path.startsWith('/') ? (path ?? '') : `${cwd}/${path}`;

function placement(record: LaunchRecord, { launchId, env }: PlanContext): Placement {
  const srun = `${record.slurm.binDirectory}/srun`;
  const names = { name: jobName(record, launchId), comment: jobComment(launchId) };
  const here = standing(env);
  switch (here.kind) {
    case 'outside':
      return { kind: 'new-job', argv: newJobArgv(srun, record.resources, names) };
    case 'beside':
      return { kind: 'step', jobId: here.jobId, argv: stepArgv(srun, here.jobId, here.cpus, names) };
    case 'inside':
      return { kind: 'same-node', jobId: here.jobId };
  }
}

function container(record: LaunchRecord, { env, cwd, person }: PlanContext): Container {
  const { image, kernel } = record;
  const mounts: Mount[] = [...record.container.mounts];
  const add = (path: string): void => {
    if (!mounts.some(({ target }) => isWithin(path, target))) mounts.push({ source: path, target: path });
  };
  if (record.container.home) add(person.home);
  const targets = mounts.map(({ target }) => target);
  const staysHere = canWorkIn(cwd, targets, kernel);
  if (staysHere) add(cwd);
  return {
    rootfs: { format: record.store.format, digest: image.digest },
    mounts: mounts.sort(byDepth),
    env: containerEnvironment(image.config, kernel, record.container, person, env),
    passed: passedNames(kernel, record.container, env),
    cwd: staysHere ? cwd : record.container.home ? person.home : '/',
    argv: kernel.argv,
  };
}

const PLACES = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'XDG_RUNTIME_DIR',
  'SLURM_CONF',
] as const;

/**
 * Which of a person's logins counts, so that the node fetches with the same as the scan here. Refused: AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, DOCKER_AUTH_CONFIG and their like, which are the secret itself.
 * Sources: "AWS SDKs and Tools Reference Guide", environment variables; docker(1); containers-auth.json(5).
 */
const KEY_PLACES = [
  'AWS_PROFILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_EC2_METADATA_DISABLED',
  'REGISTRY_AUTH_FILE',
  'DOCKER_CONFIG',
  'XDG_CONFIG_HOME',
] as const;

/** A mount must not be hidden by one above it: what is above comes first. */
const byDepth = (a: Mount, b: Mount): number => a.target.split('/').length - b.target.split('/').length;

/**
 * The environment that srun itself gets and hands to the agent: where things are, nothing that another job asked, and no
 * secret, because Slurm keeps and sends what it is given.
 */
export function srunEnvironment(env: Environment): Record<string, string> {
  const clean = withoutSlurmOptions(env);
  return Object.fromEntries(
    [...PLACES, ...KEY_PLACES].flatMap((name) => (clean[name] === undefined ? [] : [[name, clean[name]]])),
  );
}
