import type { Config } from '@berth/schema';
import { srunPortRange, type RunCommand } from '@berth/spawner/slurm';

/**
 * The configuration with the cluster's own port range where it names none: asked once when kernelspecs are written, so that
 * no kernel start waits for the answer. Without an answer, or without a range, it stays as it is.
 */
export async function withPortRange(config: Config, run: RunCommand): Promise<Config> {
  if (config.slurm.portRange !== undefined) return config;
  const portRange = await askPortRange(config.slurm.binDirectory, run);
  return portRange === undefined ? config : { ...config, slurm: { ...config.slurm, portRange } };
}

async function askPortRange(
  binDirectory: string,
  run: RunCommand,
): Promise<readonly [number, number] | undefined> {
  try {
    const { status, stdout } = await run([`${binDirectory}/scontrol`, 'show', 'config']);
    return status === 0 ? srunPortRange(stdout) : undefined;
  } catch {
    // no Slurm here: images can be looked at all the same, and a start will say it
    return undefined;
  }
}
