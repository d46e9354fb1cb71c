import { Failure, type Config } from '@berth/schema';
import { defaultResources } from '../kernelspecs/index.ts';
import type { Allocations, LaunchBoard } from '../routes/index.ts';

/** A board on which no launcher has reported. */
export function noLaunches(config: () => Promise<Config>): {
  readonly launches: LaunchBoard;
  readonly allocations: Allocations;
} {
  const unknown = (id: string): never => {
    throw new Failure('launch-unknown', { id });
  };
  return {
    launches: {
      list: () => [],
      get: unknown,
      log: unknown,
      answer: async (id) => unknown(id),
      cancel: async (id) => unknown(id),
      wish: async (path, kernel) => ({
        path,
        kernel,
        resources: defaultResources(await config()),
        confirmed: false,
      }),
      setWish: async (wish) => ({ ...wish, confirmed: true }),
    },
    allocations: {
      list: async () => ({ allocations: [] }),
      end: async (jobId) => {
        throw new Failure('allocation-unknown', { jobId });
      },
    },
  };
}
