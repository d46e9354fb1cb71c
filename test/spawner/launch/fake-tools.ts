import { chmod, mkdir, writeFile } from 'node:fs/promises';

/**
 * Stand-ins for what a launch runs, on a PATH of their own: namespaces are only a directory, and srun starts the agent
 * here. `FAKE_SRUN` in its environment is what srun does before that.
 */
const TOOLS: Readonly<Record<string, string>> = {
  setpriv: `
[ "$1" != --pdeathsig ] || shift 2
case $1 in
  unshare)
    while [ "$1" != berth-holder ]; do shift; done
    mkdir -p "$2/run" && cd "$2/run" && rm -f k-* && echo ready && exec cat ;;
  nsenter)
    while [ "$1" != -- ]; do shift; done
    shift ;;
esac
exec "$@"`,
  srun: `
eval "\${FAKE_SRUN:-}"
while [ "$1" != -- ]; do shift; done
shift
SLURM_JOB_ID=77 SLURM_STEP_ID=0 exec "$@"`,
};

/** @returns the PATH to use */
export async function fakeTools(directory: string): Promise<string> {
  const bin = `${directory}/bin`;
  await mkdir(bin);
  for (const [name, script] of Object.entries(TOOLS)) {
    await writeFile(`${bin}/${name}`, `#!/bin/sh\n${script.trim()}\n`);
    await chmod(`${bin}/${name}`, 0o755);
  }
  return `${bin}:/usr/bin:/bin`;
}
