import { readdir, readFile } from 'node:fs/promises';

/** Processes that have this text in environment or argv; `slurm`: srun, and all that runs in a job. */
export async function holdersOf(
  text: string,
): Promise<readonly { readonly argv: string; readonly slurm: boolean }[]> {
  const read = (pid: string, name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    pids.map(async (pid) => {
      const [argv, env] = [await read(pid, 'cmdline'), await read(pid, 'environ')];
      const slurm = /\bsrun$/.test(argv.split('\0')[0] ?? '') || /(?:^|\0)SLURM_JOB_ID=/.test(env);
      return { argv: argv.replaceAll('\0', ' ').slice(0, 200), slurm, has: `${argv}${env}`.includes(text) };
    }),
  );
  return seen.filter(({ has }) => has).map(({ argv, slurm }) => ({ argv, slurm }));
}
