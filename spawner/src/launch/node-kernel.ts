import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Channel, NodePlan, Rootfs } from '@berth/schema';
import { nodeName } from '../slurm/job-environment.ts';
import { hotSetPaths } from '../store/hot-set-paths.ts';
import { connectWhenBound } from './bound-socket.ts';
import { innerSocketName } from './connection-file.ts';
import { writeFrame } from './frames.ts';
import type { HolderOptions } from './holder.ts';
import { settledStart } from './hot-set-watch.ts';
import { KernelOutput } from './kernel-output.ts';
import { memoryCgroup } from './memory-cgroup.ts';
import { placeEvents, placeFailure, type PlaceEvent } from './place-events.ts';
import { placeOrder } from './place-order.ts';
import type { PlaceEnds } from './start-place.ts';

export interface KernelExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly outOfMemory?: { readonly limit?: number | undefined } | undefined;
  /** Slurm had told the step to end before */
  readonly terminated: boolean;
  /** last line that it (or ch-run on its way there) wrote to its standard error */
  readonly lastWords: string;
}

export interface NodeKernel {
  /** Resolves when its process has begun; rejects with the Failure that prevented it. */
  readonly running: Promise<{ readonly pid: number; readonly stages: Readonly<Record<string, number>> }>;
  /** Resolves when it has ended; rejects with a Failure when its container was lost, or when it never began. */
  readonly exited: Promise<KernelExit>;
  /** A new connection to one of the kernel's sockets; waits until the kernel has bound it. */
  socket(channel: Channel): Promise<Socket>;
  /** To the kernel's process group, and only to that. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL a second later; what is not a kernel yet ends as well. May be called twice. */
  stop(): void;
  /** Ends what is left, mounts and namespace included. May be called twice. */
  release(): Promise<void>;
}

export interface NodeContext {
  /** the berth-place to run for a mount of ours */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** where the kernel's own output goes */
  readonly output: NodeJS.WritableStream;
  readonly log: (line: string) => void;
  /** what to do: known to the launcher, told to an agent */
  readonly plan: Promise<NodePlan>;
  /** makes the image ready, which is not there */
  readonly rootfs: (plan: NodePlan) => Promise<Rootfs>;
  /** what is to be said of a place that has ended without a word: it was killed, with all that could have told why */
  readonly gone: Error | Promise<Error>;
  /** what concerns not the kernel but whoever runs it */
  readonly receive: (event: Extract<PlaceEvent, { type: 'stop' | 'plan' | 'dial' | 'key' }>) => void;
}

/** The kernel of a berth-place, seen from beside it: what it becomes, and what only Node does for it. */
export function nodeKernel(ends: PlaceEnds, context: NodeContext): NodeKernel {
  const running = Promise.withResolvers<{ pid: number; stages: Readonly<Record<string, number>> }>();
  const exited = Promise.withResolvers<KernelExit>();
  // looked at when somebody comes to it
  for (const { promise } of [running, exited]) promise.catch(() => undefined);
  const memory = memoryCgroup();
  const killsBefore = memory.then((cgroup) => cgroup.oomKills());
  const words = new KernelOutput(ends, context.output);
  let runtime: string | undefined;
  let learned: { stop(): Promise<void> } | undefined;
  let over = false;

  const fail = (error: unknown): void => {
    over = true;
    running.reject(error);
    exited.reject(error);
  };
  const makeRootfs = async (): Promise<void> => {
    await context.rootfs(await context.plan);
    writeFrame(ends.frames, 'R');
  };
  const verdict = async (
    signal: NodeJS.Signals | null,
    code: number | null,
  ): Promise<KernelExit['outOfMemory']> => {
    if (signal !== 'SIGKILL' && code !== 137) return undefined;
    const cgroup = await memory;
    return (await cgroup.oomKills()) > (await killsBefore) ? { limit: await cgroup.limit() } : undefined;
  };
  const receive = async (event: PlaceEvent): Promise<void> => {
    switch (event.type) {
      case 'rootfs-wanted':
        makeRootfs().catch(fail);
        return;
      case 'mounted':
        runtime = `/proc/${event.pid}/cwd`;
        if (event.learn) learned = learn(runtime, context);
        return;
      case 'began':
        return running.resolve(event);
      case 'ended': {
        over = true;
        const { code, signal, terminated } = event;
        const [lastWords, outOfMemory] = await Promise.all([words.last(), verdict(signal, code)]);
        return exited.resolve({ code, signal, terminated, outOfMemory, lastWords });
      }
      case 'failed':
        // not waited for: an agent's plan may come after it, on this very channel
        void context.plan.then(({ node, store }) =>
          fail(
            placeFailure(event, { mountPoint: node.mountPoint, store: store.path }, nodeName(context.env)),
          ),
        );
        return;
      case 'log':
        return context.log(event.line);
      case 'stop':
      case 'plan':
      case 'dial':
      case 'key':
        return context.receive(event);
    }
  };
  const listen = async (): Promise<void> => {
    for await (const event of placeEvents(ends.frames)) await receive(event);
  };
  const listening = listen().then(() => void Promise.resolve(context.gone).then(fail), fail);
  return {
    running: running.promise,
    exited: exited.promise,
    socket: async (channel) => {
      await running.promise;
      return connectWhenBound(`${runtime}/${innerSocketName(channel)}`, () => over);
    },
    signal: (signal) => writeFrame(ends.frames, 'G', [constants.signals[signal]]),
    stop: () => writeFrame(ends.frames, 'X'),
    release: async () => {
      await learned?.stop();
      ends.frames.destroy();
      await listening;
    },
  };
}

/** Makes the image's hot set while the kernel runs; the code for it is loaded when the start no longer waits for any. */
function learn(runtime: string, { env, log, plan, program }: NodeContext): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const make = async (): Promise<void> => {
    const touched = await settledStart(`${runtime}/../asked`, stopping.signal);
    const { store, image, container, ...rest } = await plan;
    const wanted = hotSetPaths(store, image.digest, container.argv);
    const { order } = placeOrder({ store, image, container, ...rest });
    const path = env['PATH'] ?? '/usr/bin:/bin';
    const options: HolderOptions = { ...order, hot: undefined, points: [], program, path };
    const { makeHotSet } = await import('./hot-set-maker.ts');
    await makeHotSet(wanted, touched, options, stopping.signal);
  };
  const making = make().catch((error: Error) => {
    if (!stopping.signal.aborted) log(`the next start will be no faster: ${error.message}`);
  });
  return {
    stop: () => {
      stopping.abort();
      return making;
    },
  };
}
