import type { Container, LaunchPlan, LaunchRecord, Mount, Placement } from '@berth/schema';
import { newJobArgv, standing, stepArgv, withoutSlurmOptions, type Environment } from '../slurm/index.ts';
import { containerEnvironment, type Person } from './container-environment.ts';
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
    },
    listen: { addresses, ...(record.slurm.portRange ? { portRange: record.slurm.portRange } : {}) },
  };
}

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
    cwd: staysHere ? cwd : record.container.home ? person.home : '/',
    argv: kernel.argv,
  };
}

/** A mount must not be hidden by one above it: what is above comes first. */
const byDepth = (a: Mount, b: Mount): number => a.target.split('/').length - b.target.split('/').length;

/** The environment that srun itself gets and hands to the agent: where things are, nothing that another job asked. */
export function srunEnvironment(env: Environment): Record<string, string> {
  const kept = [
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'LANG',
    'LC_ALL',
    'XDG_RUNTIME_DIR',
    'SLURM_CONF',
  ];
  const clean = withoutSlurmOptions(env);
  return Object.fromEntries(kept.flatMap((name) => (clean[name] === undefined ? [] : [[name, clean[name]]])));
}
