import { setTimeout as sleep } from 'node:timers/promises';
import {
  Failure,
  isFailure,
  type ConnectionFile,
  type LaunchPlan,
  type NodePlan,
  type Outcome,
  type Rootfs,
} from '@berth/schema';
import { nodeName } from '../slurm/job-environment.ts';
import { joinClients } from './client-join.ts';
import { openClientPorts, type ClientPorts } from './client-ports.ts';
import { innerConnection } from './connection-file.ts';
import { writeFrame } from './frames.ts';
import { printableLine } from './last-line.ts';
import type { LaunchContext } from './launch-context.ts';
import { nodeKernel } from './node-kernel.ts';
import { concludeOutcome } from './outcome.ts';
import { peerUid } from './peer-uid.ts';
import { encodeOrder, placeOrder, tellLeft } from './place-order.ts';
import { startPlace } from './start-place.ts';

/** Time that a place has to end, and all in it: a hung file system may hold a process for ever. */
const END_MS = 5000;

/** On a node of the allocation itself: the launcher is the agent too, one process beside the place, no step, no TLS. */
export async function launchHere(
  plan: LaunchPlan,
  connection: ConnectionFile,
  context: LaunchContext,
  makeRootfs: (plan: NodePlan, doing: (doing: string) => void, signal: AbortSignal) => Promise<Rootfs>,
): Promise<Outcome> {
  const { env, log, program, report, stage } = context;
  const jobId = plan.placement.kind === 'same-node' ? plan.placement.jobId : undefined;
  const node = nodeName(env);
  const cancel = new AbortController();
  let stopped: 'asked' | 'client-gone' | undefined;
  const place = startPlace(program, env);
  const { order, left } = placeOrder(plan.node);
  writeFrame(place.frames, 'P', encodeOrder(order));
  writeFrame(place.frames, 'C', JSON.stringify(innerConnection(connection)));
  tellLeft(left, log);
  const kernel = nodeKernel(place, {
    program,
    env,
    output: context.errors,
    log,
    plan: Promise.resolve(plan.node),
    gone: place.ended.then((said) =>
      // who is killed says nothing; a program that is missing, or fails, is named
      said === ''
        ? new Failure('container-lost', { node, why: 'the process that watched over it has ended' })
        : new Failure('namespace-failed', { node, why: printableLine(said) }),
    ),
    rootfs: (work) =>
      makeRootfs(work, (doing) => report({ state: 'starting', jobId, node, doing }), cancel.signal),
    receive: () => undefined,
  });
  context.control({
    stop: (why) => {
      stopped ??= why;
      cancel.abort();
      kernel.stop();
    },
    signal: (signal) => kernel.signal(signal),
  });
  const at = (): string => new Date().toISOString();
  let ports: ClientPorts | undefined;
  try {
    const opened = await openClientPorts(connection, context.cwd, {
      uid: context.uid,
      peerUid: context.peerUid ?? peerUid,
      refused: (channel, why) => log(`refused on ${channel}: ${why}`),
    });
    ports = opened;
    stage('listening');
    const { pid, stages } = await kernel.running;
    for (const [name, when] of Object.entries(stages)) stage(`agent-${name}`, when);
    report({ state: 'ready', jobId, node, pid });
    joinClients(opened, (channel) => kernel.socket(channel));
    const exit = await kernel.exited;
    const terminated = stopped !== undefined;
    return concludeOutcome({
      at: at(),
      jobId,
      exit: { type: 'exit', ...exit, terminated },
      greeted: true,
      stopped,
    });
  } catch (error) {
    // before its clients could come there was no launch to conclude
    if (!isFailure(error) || ports === undefined) throw error;
    const { code, message: sentence, hint, sheet } = error;
    return concludeOutcome({
      at: at(),
      jobId,
      failed: { type: 'failed', code, sentence, hint, status: sheet.exit },
      greeted: true,
      stopped,
    });
  } finally {
    // also of what was begun before its clients could be listened to
    cancel.abort();
    await kernel.release();
    const late = Symbol('late');
    if ((await Promise.race([place.ended, sleep(END_MS, late, { ref: false })])) === late)
      log('what is left of the kernel has not ended yet');
    await ports?.close();
  }
}
