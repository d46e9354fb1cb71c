import { lstat, mkdtemp, readdir, rmdir, statfs } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { bytesText } from '../table-text.ts';
import { attempt, fine, problem, type Check, type Site } from './check.ts';

/** Room for one image of a usual size. Bytes. */
const LEAST_FREE = 2e9;

export const store: Check = {
  name: 'image store',
  look: async ({ config }) => {
    const { path } = config.store;
    const mend = 'Set store.path to a place that is writable and the same on all nodes.';
    try {
      const there = await nearestThere(path);
      await rmdir(await mkdtemp(join(there, '.doctor-')));
      const { bavail, bsize } = await statfs(there);
      const free = bavail * bsize;
      return free < LEAST_FREE
        ? problem(
            `${path} has only ${bytesText(free)} free`,
            'Free space there, or set store.path to a larger place.',
          )
        : fine(`${path}${there === path ? '' : ' (to be made)'}, ${bytesText(free)} free`);
    } catch (error) {
      return problem(`${path} is not writable: ${(error as Error).message}`, mend);
    }
  },
};

/** A check leaves nothing behind: a store that is not there yet is made by the first image, with its own mode. */
async function nearestThere(path: string): Promise<string> {
  try {
    // of a link the link itself: one to nowhere is there, and nothing can be made of it
    await lstat(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error;
    return nearestThere(dirname(path));
  }
}

const JupyterPaths = z.object({ data: z.array(z.string()) });

/** Where the Jupyter on PATH looks, or, without one, where every Jupyter does. Source: jupyter_core.paths. */
async function jupyterData({ run, env, home }: Site): Promise<readonly string[]> {
  const { status, stdout } = await attempt(run, ['jupyter', '--paths', '--json']);
  try {
    if (status === 0) return JupyterPaths.parse(JSON.parse(stdout)).data;
  } catch {
    // a Jupyter that answers otherwise: take the documented places
  }
  return [
    ...(env['JUPYTER_PATH'] ?? '').split(delimiter).filter(Boolean),
    env['JUPYTER_DATA_DIR'] || join(env['XDG_DATA_HOME'] || join(home, '.local/share'), 'jupyter'),
    '/usr/local/share/jupyter',
    '/usr/share/jupyter',
  ];
}

export const kernelspecs: Check = {
  name: 'kernelspecs',
  look: async (site) => {
    const { directory } = site.config.kernels;
    const searched = (await jupyterData(site)).map((path) => join(path, 'kernels'));
    if (!searched.includes(directory.replace(/\/+$/, ''))) {
      return problem(
        `Jupyter does not look into ${directory}`,
        `Set kernels.directory to one of ${searched.slice(0, 4).join(', ')}, or JUPYTER_PATH to ${dirname(directory)}.`,
      );
    }
    const names = await readdir(directory).catch(() => []);
    return fine(
      `Jupyter looks into ${directory} (${names.filter((name) => !name.startsWith('.')).length} there)`,
    );
  },
};
