import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { placeProgram } from '../native/place-program.ts';

const AGENT = new URL('./agent-process.ts', import.meta.url).pathname;

/**
 * Stand-ins for what a launch runs, on a PATH of their own: the image is only a directory, and srun starts the place
 * here. What the place starts beside it is `berth` there. `FAKE_SRUN` in its environment is what srun does before that.
 */
const TOOLS: Readonly<Record<string, string>> = {
  setpriv: `
[ "$1" != --pdeathsig ] || shift 2
exec "$@"`,
  // the kernel beside its image instead of in it, in the same place
  'ch-run': `
while [ "$1" != -- ]; do shift; done
shift
exec "$@"`,
  srun: `
eval "\${FAKE_SRUN:-}"
while [ "$1" != -- ]; do shift; done
shift
SLURM_JOB_ID=77 SLURM_STEP_ID=0 SLURMD_NODENAME=n1 exec "$@"`,
};

/** @returns the PATH to use */
export async function fakeTools(directory: string): Promise<string> {
  const bin = `${directory}/bin`;
  await mkdir(bin);
  const agent = [process.execPath, '--conditions=berth-source', '--no-warnings', AGENT].map(
    (word) => `'${word}'`,
  );
  const berth = `exec ${agent.join(' ')} '${await placeProgram()}'`;
  for (const [name, script] of Object.entries({ ...TOOLS, berth })) {
    await writeFile(`${bin}/${name}`, `#!/bin/sh\n${script.trim()}\n`);
    await chmod(`${bin}/${name}`, 0o755);
  }
  return `${bin}:/usr/bin:/bin`;
}
