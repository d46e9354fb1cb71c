import type { Config } from '@berth/schema';
import { join } from 'node:path';

/** `~/x` -> `HOME/x`; every other path as it is. `~user` is refused by the schema: it would need the password table. */
export const expandPath = (path: string, home: string): string =>
  path.startsWith('~/') ? join(home, path.slice(2)) : path;

/** Expand `~` in every path of the configuration. */
export function expandHome(config: Config, home: string): Config {
  const path = (text: string): string => expandPath(text, home);
  return {
    ...config,
    catalog: { ...config.catalog, cache: path(config.catalog.cache) },
    store: { ...config.store, path: path(config.store.path) },
    kernels: { ...config.kernels, directory: path(config.kernels.directory) },
    slurm: { ...config.slurm, binDirectory: path(config.slurm.binDirectory) },
    node: { ...config.node, mountPoint: path(config.node.mountPoint) },
    container: {
      ...config.container,
      mounts: config.container.mounts.map((mount) => ({ ...mount, source: path(mount.source) })),
    },
  };
}
