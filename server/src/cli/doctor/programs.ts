import { isFailure } from '@berth/schema';
import { open } from 'node:fs/promises';
import { findPython } from '../../batch/index.ts';
import { attempt, fine, problem, type Check, type Site } from './check.ts';

/** A program that tells its version; some do so with a status that is not 0. */
const program = (
  name: string,
  of: (site: Site) => string,
  mend: string,
  args: readonly string[] = ['--version'],
  anyStatus = false,
): Check => ({
  name,
  look: async (site) => {
    const path = of(site);
    const { status, text, missing } = await attempt(site.run, [path, ...args]);
    return missing || (status !== 0 && !anyStatus)
      ? problem(`${path} cannot be run: ${text}`, mend)
      : fine(text || path);
  },
});

export const place = program(
  'berth-place',
  (site) => site.place,
  'Install Berth again, by its wheel or "npm run install-prefix", of the build for this processor; nodes need the same path.',
);
export const chRun = program(
  'Charliecloud',
  ({ config }) => config.node.chRun,
  'Install the package charliecloud, or set node.chRun.',
);
export const squashfuse = program(
  'squashfuse_ll',
  ({ config }) => config.node.squashfuse,
  'Install the package squashfuse, or set node.squashfuse; or set "store.format: directory".',
  ['--help'],
  true,
);
export const tar2sqfs = program(
  'tar2sqfs',
  ({ config }) => config.node.tar2sqfs,
  'Install the package squashfs-tools-ng, or set node.tar2sqfs; or set "store.format: directory".',
);

export const fuse: Check = {
  name: 'FUSE',
  look: async ({ fuseDevice }) => {
    try {
      await (await open(fuseDevice, 'r+')).close();
      return fine(`${fuseDevice} can be opened`);
    } catch (error) {
      return problem(
        `${fuseDevice} cannot be opened: ${String((error as NodeJS.ErrnoException).code)}`,
        'Load the module fuse and give the device mode 0666 (udev does); or set "store.format: directory".',
      );
    }
  },
};

/** The oldest util-linux whose unshare has --map-current-user and --keep-caps. */
const UTIL_LINUX = [2, 36] as const;

export const utilLinux: Check = {
  name: 'util-linux',
  look: async ({ run }) => {
    const versions: string[] = [];
    for (const tool of ['unshare', 'nsenter', 'setpriv']) {
      const { text, missing } = await attempt(run, [tool, '--version']);
      const version = /([0-9]+)\.([0-9]+)(?:\.[0-9]+)?/.exec(text);
      const mend = `Install util-linux ${UTIL_LINUX.join('.')} or newer.`;
      if (missing || !version) return problem(`${tool} cannot be run: ${text}`, mend);
      const [major, minor] = [Number(version[1]), Number(version[2])];
      if (major < UTIL_LINUX[0] || (major === UTIL_LINUX[0] && minor < UTIL_LINUX[1])) {
        return problem(`${tool} is of version ${version[0]}`, mend);
      }
      versions.push(`${tool} ${version[0]}`);
    }
    return fine(versions.join(', '));
  },
};

/** Never a problem: only notebooks as batch jobs need it, and they say so themselves. */
export const papermill: Check = {
  name: 'papermill',
  look: async ({ run, berth, env }) => {
    try {
      return fine(await findPython(run, berth, env['PATH']));
    } catch (error) {
      if (!isFailure(error, 'papermill-missing')) throw error;
      return fine('not there: notebooks do not run as batch jobs ("pip install papermill" beside Berth)');
    }
  },
};
