import { access, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Failure,
  type Channel,
  type ConnectionFile,
  type Container,
  type NodePlan,
  type Rootfs,
} from '@berth/schema';
import { ENVIRONMENT_FILE, environmentFile, kernelCommand, ownMounts } from './ch-run-argv.ts';
import { innerConnection, innerSocketName } from './connection-file.ts';
import { nodeEnvironment } from './container-environment.ts';
import { startHolder, type Holder, type HolderOptions } from './holder.ts';
import type { HotSetPaths } from '../store/hot-set-paths.ts';
import { lookForHotSet, settledStart } from './hot-set-watch.ts';
import { startKernelProcess, type KernelProcess } from './kernel-process.ts';
import { NamespaceMembers } from './namespace-members.ts';

/** A node on which all but the kernel stands: image mounted, mount points made. */
export interface PreparedNode {
  readonly holder: Holder;
  readonly container: Container;
  /** there when this start is the one to learn from what the next ones need */
  readonly learning?: { readonly wanted: HotSetPaths; readonly options: HolderOptions } | undefined;
}

export interface NodeKernel extends KernelProcess {
  /** A new connection to one of the kernel's sockets; waits until the kernel has bound it. */
  socket(channel: Channel): Promise<Socket>;
  /** Ends mounts and namespace. */
  release(): Promise<void>;
}

export interface NodeContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** where the kernel's own output goes */
  readonly output: NodeJS.WritableStream;
  readonly log: (line: string) => void;
  readonly stage: (name: string) => void;
  readonly rootfs: (plan: NodePlan) => Promise<Rootfs>;
}

const hostPath = (context: NodeContext): string => context.env['PATH'] ?? '/usr/bin:/bin';

/** Rootfs and holder: all of a start that needs no secret. */
export async function prepareNode(plan: NodePlan, context: NodeContext): Promise<PreparedNode> {
  const container = await presentOn(plan.container, plan.home, context.log);
  const rootfs = await context.rootfs(plan);
  context.stage('rootfs');
  const { hot, wanted } = await lookForHotSet(plan.store, rootfs, plan.container.argv);
  const options: HolderOptions = {
    rootfs,
    mountPoint: plan.node.mountPoint,
    squashfuse: plan.node.squashfuse,
    points: [...ownMounts(''), ...container.mounts].map(({ target }) => target),
    owner: { uid: context.uid, home: plan.home },
    env: { PATH: hostPath(context) },
  };
  const holder = await startHolder({ ...options, hot, asked: wanted !== undefined });
  context.stage('mounted');
  return { holder, container, learning: wanted && { wanted, options } };
}

/** The kernel itself, in a prepared node. What was prepared is released when it cannot be started. */
export async function startNodeKernel(
  { holder, container, learning }: PreparedNode,
  plan: NodePlan,
  connection: ConnectionFile,
  context: NodeContext,
): Promise<NodeKernel> {
  try {
    const { text, left } = environmentFile(nodeEnvironment(container.env, context.env, process.pid));
    if (left.length > 0)
      context.log(`not passed to the kernel, their values have line breaks: ${left.join(', ')}`);
    const inner = JSON.stringify(innerConnection(connection));
    await Promise.all([
      writeFile(`${holder.runtime}/${ENVIRONMENT_FILE}`, text, { mode: 0o600 }),
      writeFile(`${holder.runtime}/connection.json`, inner, { mode: 0o600 }),
    ]);
    const place = { holderPid: holder.pid, mountPoint: holder.mountPoint, chRun: plan.node.chRun };
    const env = { PATH: hostPath(context), USER: container.env['USER'] ?? 'user' };
    const kernel = startKernelProcess(kernelCommand(container, place), env, context.output);
    context.stage('spawned');
    const inside = new NamespaceMembers(kernel.pid);
    let ended = false;
    let lost: Failure | undefined;
    const exited = kernel.exited.then((exit) => {
      ended = true;
      if (lost) throw lost;
      return exit;
    });
    exited.catch(() => undefined);
    void holder.ended.then(() => {
      if (ended) return;
      const why = 'the process that held the mount of its image has ended';
      lost = new Failure('container-lost', { node: hostname(), why });
      kernel.stop(0);
    });
    const learned = learning && learn(learning.wanted, holder.asked, learning.options, context.log);
    return {
      ...kernel,
      exited,
      socket: async (channel) => {
        const socket = await connectWhenBound(`${holder.runtime}/${innerSocketName(channel)}`, () => {
          inside.look();
          return ended;
        });
        inside.look();
        return socket;
      },
      release: async () => {
        inside.end();
        await Promise.all([learned?.stop(), holder.release()]);
      },
    };
  } catch (error) {
    await holder.release();
    throw error;
  }
}

/** Makes the image's hot set while the kernel runs; the code for it is loaded when the start no longer waits for any. */
function learn(
  wanted: HotSetPaths,
  asked: string,
  options: HolderOptions,
  log: (line: string) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const making = settledStart(asked, stopping.signal)
    .then(async (touched) => {
      const { makeHotSet } = await import('./hot-set-maker.ts');
      await makeHotSet(wanted, touched, options, stopping.signal);
    })
    .catch((error: Error) => {
      if (!stopping.signal.aborted) log(`the next start will be no faster: ${error.message}`);
    });
  return {
    stop: () => {
      stopping.abort();
      return making;
    },
  };
}

/** A current directory that this node does not have (the launcher's own /tmp, say) is replaced by the home. */
async function presentOn(
  container: Container,
  home: string,
  log: (line: string) => void,
): Promise<Container> {
  const { cwd } = container;
  const there = await access(cwd).then(
    () => true,
    () => false,
  );
  if (there) return container;
  const mounts = container.mounts.filter(({ target }) => target !== cwd);
  const instead = mounts.some(({ target }) => target === home) ? home : '/';
  log(`this node has no ${cwd}; the kernel starts in ${instead}`);
  return { ...container, cwd: instead, mounts };
}

/** The sockets do not all appear at once: try again every few milliseconds until the kernel ends. */
async function connectWhenBound(path: string, ended: () => boolean): Promise<Socket> {
  for (;;) {
    const socket = createConnection(path);
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined)).once('error', resolve);
    });
    if (error === undefined) return socket.on('error', () => socket.destroy());
    if (ended() || (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED')) throw error;
    await sleep(4);
  }
}
