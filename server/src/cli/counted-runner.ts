import type { RunCommand } from '@berth/spawner/slurm';
import { basename } from 'node:path';

/** The same runner, which tells of each command whether it was answered: with status 0, in time. */
export const countedRunner =
  (run: RunCommand, count: (command: string, answered: boolean) => void): RunCommand =>
  async (argv, input) => {
    const command = basename(argv[0] ?? '');
    try {
      const result = await run(argv, input);
      count(command, result.status === 0);
      return result;
    } catch (error) {
      count(command, false);
      throw error;
    }
  };
