import type { Config } from '@berth/schema';
import type { Check } from './check.ts';
import { audiences, helperOwner, hubState, seesAllJobs, sudoRule } from './hub-checks.ts';
import { overlay, userNamespaces } from './namespaces.ts';
import { chRun, fuse, papermill, place, squashfuse, tar2sqfs, utilLinux } from './programs.ts';
import { ports, slurmCommands, slurmController } from './slurm-checks.ts';
import { sourceChecks } from './sources.ts';
import { kernelspecs, store } from './storage.ts';

/** What a node must have to run a container. */
export const nodeChecks = ({ store: { format } }: Config): readonly Check[] => [
  userNamespaces,
  overlay,
  utilLinux,
  place,
  chRun,
  ...(format === 'squashfs' ? [fuse, squashfuse, tar2sqfs] : []),
  store,
  papermill,
];

/**
 * What the host must have on which Jupyter and the launcher run.
 * @param known whether that is somebody's configuration: of one that could not be read nobody knows what sources it names
 */
export const hostChecks = ({ sources }: Config, known = true): readonly Check[] => [
  slurmCommands,
  slurmController,
  ports,
  ...(known ? sourceChecks(Object.keys(sources)) : []),
  kernelspecs,
];

/** What the Hub's host must have for "berth serve --site". */
export const siteChecks: readonly Check[] = [helperOwner, sudoRule, seesAllJobs, hubState, audiences];
