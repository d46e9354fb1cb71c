import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CountedSlurm {
  /** for `slurm.binDirectory` */
  readonly directory: string;
  /** when squeue was called, milliseconds since 1970 */
  calls(): Promise<readonly number[]>;
  remove(): Promise<void>;
}

/** Slurm's commands, of which squeue writes down when it is called; everybody may call it. */
export async function countedSlurm(): Promise<CountedSlurm> {
  const directory = await mkdtemp('/tmp/berth-counted-');
  await chmod(directory, 0o755);
  const book = join(directory, 'calls');
  await writeFile(book, '');
  await chmod(book, 0o666);
  for (const name of ['srun', 'scancel', 'scontrol', 'sbatch', 'sinfo'])
    await symlink(`/usr/bin/${name}`, join(directory, name));
  const squeue = join(directory, 'squeue');
  await writeFile(squeue, `#!/bin/sh\ndate +%s%3N >> ${book}\nexec /usr/bin/squeue "$@"\n`);
  await chmod(squeue, 0o755);
  return {
    directory,
    calls: async () => (await readFile(book, 'utf8')).split('\n').filter(Boolean).map(Number),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
