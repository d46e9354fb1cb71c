import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KernelPage } from '@berth/schema/rest';
import { runAs } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import { ensureUsers, existingUsers } from '../cluster/users.ts';
import { ownRegistry } from '../images/own-registry.ts';
import { labPython } from '../jupyter/lab-environment.ts';
import { labUp, type Lab } from '../jupyter/lab-server.ts';
import { venvProgram } from '../jupyter/venv.ts';
import { manyKernels } from './many-kernels.ts';

export interface LabPair {
  /** with Berth, its user server and the catalogue of all kernels */
  readonly ours: Lab;
  /** the same JupyterLab of the same environment without Berth, with a kernelspec for each kernel */
  readonly baseline: Lab;
  down(): Promise<void>;
}

/**
 * A real registry with so many kernels, and two Labs of one person. With `offeredToBoth` both have all kernelspecs; else
 * Berth's Lab has those that Berth writes by itself.
 */
export async function labPair(kernels: number, offeredToBoth: boolean): Promise<LabPair> {
  const { [process.getuid?.() === 0 ? 'alice' : 'caller']: user } =
    process.getuid?.() === 0 ? await ensureUsers() : existingUsers();
  const [registry, directory] = [await ownRegistry(), await mkdtemp(join(tmpdir(), 'bench-lab-'))];
  const labs: Lab[] = [];
  const down = async (): Promise<void> => {
    await Promise.all(labs.splice(0).map((lab) => lab.down()));
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await manyKernels(registry.host, kernels);
    await chown(directory, user.uid, user.gid);
    await chmod(directory, 0o755);
    const python = await labPython();
    const berth = join(dirname(python), 'berth');
    const area = async (name: string, all: boolean) => {
      const own = join(directory, name);
      const config = join(own, 'config.yaml');
      for (const made of [own, join(own, 'runtime'), join(own, 'jupyter')]) {
        await mkdir(made);
        await chown(made, user.uid, user.gid);
      }
      const content = {
        sources: { lab: { type: 'registry', url: `http://${registry.host}` } },
        catalog: { cache: join(directory, 'catalog') },
        kernels: { directory: join(own, 'jupyter/kernels') },
      };
      await writeFile(config, JSON.stringify(content));
      const env = {
        BERTH_CONFIG: config,
        JUPYTER_DATA_DIR: join(own, 'jupyter'),
        JUPYTER_RUNTIME_DIR: join(own, 'runtime'),
        XDG_STATE_HOME: join(own, 'state'),
      };
      const { status, stderr } = await runAs(
        user,
        env,
        [berth, 'kernels', 'sync', ...(all ? ['--all'] : [])],
        { timeoutMs: 300_000 },
      );
      if (status !== 0) throw new Error(`berth kernels sync: ${stderr}`);
      await addLogos(content.kernels.directory);
      return { user, env };
    };
    const with_ = await area('ours', offeredToBoth);
    const without = await area('baseline', true);
    const ours = await labUp({ user: with_, python });
    labs.push(ours);
    const baseline = await labUp({ user: without, python: venvProgram('python3') });
    labs.push(baseline);
    const told = async (): Promise<boolean> => {
      const response = await ours.fetch('berth/v1/kernels?limit=1');
      return response.ok && KernelPage.parse(await response.json()).total === kernels;
    };
    if (!(await until(told, 60_000, 200)))
      throw new Error('the user server does not tell the whole catalogue');
    return { ours, baseline, down };
  } catch (error) {
    await down();
    throw error;
  }
}

/** Those of ipykernel, which nearly every image has and Berth passes on; the images of the benchmark are without. */
async function addLogos(kernels: string): Promise<void> {
  const own = join(dirname(dirname(venvProgram('python3'))), 'share/jupyter/kernels/python3');
  const logos = (await readdir(own)).filter((name) => name.startsWith('logo-'));
  for (const kernel of (await readdir(kernels).catch(() => [])).filter((name) => !name.startsWith('.')))
    for (const logo of logos) await copyFile(join(own, logo), join(kernels, kernel, logo));
}
