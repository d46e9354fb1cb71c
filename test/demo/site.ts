import { execFile } from 'node:child_process';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clusterUp, type Cluster } from '../cluster/cluster.ts';
import { leftovers } from '../cluster/leftovers.ts';
import { buildImages, pushImages, type BuiltImage } from '../images/images.ts';
import { imagesWithoutRoot } from '../images/recipes.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { person, type Person } from './person.ts';
import { storeFormat, type StoreFormat } from './store-format.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** A little computing centre: nodes, a registry full of images, Berth installed, and a user who configured it. */
export interface Site {
  readonly cluster: Cluster;
  readonly images: readonly BuiltImage[];
  /** alice where root starts it; an ordinary user is alone with their own cluster */
  readonly person: Person;
  /** the person's directory of the demo: configuration, store, kernelspecs */
  readonly directory: string;
  /** Ends and removes all of it; what is left then is listed, one sentence each. */
  close(): Promise<readonly string[]>;
}

export interface SiteOptions {
  readonly nodes: number;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Rejects with what failed; then nothing is left. */
export async function openSite({ nodes, onProgress, signal }: SiteOptions): Promise<Site> {
  onProgress('building the images (minutes when new, then from the cache)');
  const isRoot = process.getuid?.() === 0;
  const building = buildImages({
    ...(!isRoot && { only: imagesWithoutRoot }),
    onProgress: (line) => onProgress(`  ${line}`),
  });
  const images = await unlessAborted(building, signal);
  onProgress(`starting Slurm with ${String(nodes)} nodes, and a registry`);
  const cluster = await clusterUp({ nodes, signal, onProgress: (line) => onProgress(`  ${line}`) });
  const close = async (): Promise<readonly string[]> => {
    await cluster.down();
    return leftovers(cluster.dir, cluster.nodes);
  };
  try {
    if (!cluster.registry) throw new Error('the cluster came without a registry');
    onProgress(`pushing ${String(images.length)} images`);
    await pushImages(images, cluster.registry.host);
    const prefix = join(cluster.dir, 'prefix');
    onProgress(`installing Berth in ${prefix}`);
    await run('/bin/sh', [join(root, 'scripts/install.sh'), prefix]);
    const user = isRoot ? cluster.users.alice : cluster.users.caller;
    // in the cluster's directory, so that its janitor removes it even after SIGKILL
    const directory = join(cluster.dir, user.name);
    await mkdir(directory, { mode: 0o700 });
    const format = storeFormat();
    if (format === 'directory') onProgress('no /dev/fuse here: images are unpacked into directories');
    await writeFile(join(directory, 'config.yaml'), configuration(directory, cluster.registry.url, format));
    await chown(directory, user.uid, user.gid);
    return {
      cluster,
      images,
      person: person(user, environment(cluster, prefix, directory)),
      directory,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A promise that cannot be cancelled itself: its work ends with this process. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function environment(cluster: Cluster, prefix: string, directory: string): Record<string, string> {
  const venv = join(venvProgram('python3'), '..');
  return {
    ...cluster.env,
    PATH: `${prefix}/bin:${venv}:/usr/local/bin:/usr/bin:/bin`,
    BERTH_CONFIG: join(directory, 'config.yaml'),
    JUPYTER_PATH: join(directory, 'jupyter'),
    JUPYTER_CONFIG_DIR: join(directory, 'jupyter-config'),
    JUPYTER_RUNTIME_DIR: join(directory, 'runtime'),
  };
}

/** All in one directory, so that the demo leaves the person's own files alone; loopback, since the nodes are this machine. */
function configuration(directory: string, registry: string, format: StoreFormat): string {
  return `sources:
  demo:
    type: registry
    url: ${registry}
profiles:
  small:
    title: Small
    resources: { cpus: 1, memory: 500M, time: "60" }
  large:
    title: Large
    resources: { cpus: 4, memory: 2G, time: "240" }
  debug:
    title: Two minutes
    resources: { partition: debug, cpus: 1, memory: 500M, time: "2" }
defaultProfile: small
catalog:
  cache: ${directory}/catalog
store:
  path: ${directory}/store
  format: ${format}
kernels:
  directory: ${directory}/jupyter/kernels
node:
  mountPoint: ${directory}/mnt
slurm:
  addresses: [127.0.0.1]
`;
}
