import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CountedSlurm {
  /** for `slurm.binDirectory` */
  readonly directory: string;
  /** when one of the counted was called, milliseconds since 1970 */
  calls(): Promise<readonly number[]>;
  remove(): Promise<void>;
}

/** Slurm's commands, of which the counted (by default squeue) write down when they are called; everybody may call them. */
export async function countedSlurm(
  parent = '/tmp',
  counted: readonly string[] = ['squeue'],
): Promise<CountedSlurm> {
  const directory = await mkdtemp(join(parent, 'berth-counted-'));
  await chmod(directory, 0o755);
  const book = join(directory, 'calls');
  await writeFile(book, '');
  await chmod(book, 0o666);
  for (const name of ['squeue', 'srun', 'scancel', 'scontrol', 'sbatch', 'sinfo']) {
    const program = join(directory, name);
    if (counted.includes(name)) {
      await writeFile(program, `#!/bin/sh\ndate +%s%3N >> ${book}\nexec /usr/bin/${name} "$@"\n`);
      await chmod(program, 0o755);
    } else await symlink(`/usr/bin/${name}`, program);
  }
  return {
    directory,
    calls: async () => (await readFile(book, 'utf8')).split('\n').filter(Boolean).map(Number),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
