import { mkdir, mkdtemp, readdir, rmdir, statfs } from 'node:fs/promises';
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
      await mkdir(path, { recursive: true });
      await rmdir(await mkdtemp(join(path, '.doctor-')));
      const { bavail, bsize } = await statfs(path);
      const free = bavail * bsize;
      return free < LEAST_FREE
        ? problem(
            `${path} has only ${bytesText(free)} free`,
            'Free space there, or set store.path to a larger place.',
          )
        : fine(`${path}, ${bytesText(free)} free`);
    } catch (error) {
      return problem(`${path} is not writable: ${(error as Error).message}`, mend);
    }
  },
};

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
