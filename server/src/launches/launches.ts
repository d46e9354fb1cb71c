import { SlurmConfig, type Config, type JobId } from '@berth/schema';
import type { ListedJob, RunCommand } from '@berth/spawner/slurm';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { defaultResources } from '../kernelspecs/index.ts';
import type { Publish } from '../routes/index.ts';
import { AllocationWatch, type SlurmPlace } from './allocation-watch.ts';
import { kernelResources } from './kernel-resources.ts';
import { LaunchBoard, type BoardOptions } from './launch-board.ts';
import { launcherServer } from './launcher-socket.ts';
import { WishStore } from './wish-store.ts';

export interface LaunchesOptions {
  /** where the person's choices are kept, absolute; made when the first is put */
  readonly stateDirectory: string;
  /** Jupyter's root directory, absolute; none when no Jupyter started this server */
  readonly root: string | undefined;
  readonly config: () => Promise<Config>;
  readonly run: RunCommand;
  readonly publish: Publish;
  /** the job that this server runs in */
  readonly own?: JobId | undefined;
  /** how many pages listen to events */
  readonly listening: () => number;
  /** what is no failure of anybody's request, for the log */
  readonly note: (what: string, why: string) => void;
  readonly decided: BoardOptions['decided'];
  /** told of each list of jobs that Slurm gives, with the time at which it was asked for */
  readonly listed: (jobs: readonly ListedJob[], asked: number) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** The starts of kernels and the jobs of the person. */
export interface Launches {
  readonly board: LaunchBoard;
  readonly allocations: AllocationWatch;
  /** where launchers dial; has yet to listen, mode 0600 in a directory that is the person's alone */
  readonly server: Server;
  /** Hangs up on all launchers, which dial again; may be called twice. */
  close(): void;
}

export function openLaunches(options: LaunchesOptions): Launches {
  const { config, run, publish, own, listening, note, decided, now } = options;
  const place = { file: join(options.stateDirectory, 'wishes.json'), root: options.root ?? '' };
  const wishes = new WishStore(place, (why) => note('wishes', why));
  const board: LaunchBoard = new LaunchBoard({
    wishes,
    resourcesOf: async (kernel) => {
      const current = await config();
      // one that was found and is not offered yet has no launch record: these are what it would get
      return kernelResources(current.kernels.directory, kernel).catch(() => defaultResources(current));
    },
    publish,
    changed: () => allocations.changed(),
    note: (error) => note('wishes', error instanceof Error ? error.message : String(error)),
    decided,
    now,
  });
  const allocations = new AllocationWatch({
    slurm: async () => slurmPlace(await config().catch(() => undefined)),
    run,
    own,
    publish,
    listening,
    counts: () => board.counts,
    launches: () => board.list(),
    jobs: (jobs, asked) => {
      board.queue(jobs);
      options.listed(jobs, asked);
    },
    now,
  });
  const server = launcherServer(board, (why) => note('launcher', why));
  return {
    board,
    allocations,
    server,
    close: () => {
      allocations.close();
      server.close();
      board.close();
    },
  };
}

/** Kernels run on, and are ended, also while the configuration is missing or broken. */
function slurmPlace(config: Config | undefined): SlurmPlace {
  const { binDirectory, queryInterval } = config?.slurm ?? SlurmConfig.parse({});
  return {
    squeue: join(binDirectory, 'squeue'),
    scancel: join(binDirectory, 'scancel'),
    intervalMs: queryInterval * 1000,
  };
}
