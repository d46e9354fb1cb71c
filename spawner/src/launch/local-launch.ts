import { hostname } from 'node:os';
import {
  isFailure,
  type ConnectionFile,
  type LaunchPlan,
  type NodePlan,
  type Outcome,
  type Rootfs,
} from '@berth/schema';
import { joinClients } from './client-join.ts';
import { openClientPorts } from './client-ports.ts';
import type { LaunchContext } from './launch-context.ts';
import { prepareNode, startNodeKernel, type NodeContext, type NodeKernel } from './node-kernel.ts';
import { concludeOutcome } from './outcome.ts';
import { peerUid } from './peer-uid.ts';
import { STOP_GRACE_MS } from './stop-grace.ts';

/** On a node of the allocation itself: the launcher is the agent too, one process, no step, no TLS. */
export async function launchHere(
  plan: LaunchPlan,
  connection: ConnectionFile,
  context: LaunchContext,
  makeRootfs: (plan: NodePlan, doing: (doing: string) => void, signal: AbortSignal) => Promise<Rootfs>,
): Promise<Outcome> {
  const { log, report } = context;
  const jobId = plan.placement.kind === 'same-node' ? plan.placement.jobId : undefined;
  const node = hostname();
  const cancel = new AbortController();
  let stopped: 'asked' | 'client-gone' | undefined;
  let kernel: NodeKernel | undefined;
  context.control({
    stop: (why) => {
      stopped ??= why;
      cancel.abort();
      kernel?.stop(STOP_GRACE_MS);
    },
    signal: (signal) => kernel?.signal(signal),
  });
  const nodeContext: NodeContext = {
    env: context.env,
    uid: context.uid,
    output: context.errors,
    log,
    stage: (name) => context.stage(`agent-${name}`),
    rootfs: (work) =>
      makeRootfs(work, (doing) => report({ state: 'starting', jobId, node, doing }), cancel.signal),
  };
  const prepared = prepareNode(plan.node, nodeContext);
  prepared.catch(() => undefined);
  const ports = await openClientPorts(connection, context.cwd, {
    uid: context.uid,
    peerUid: context.peerUid ?? peerUid,
    refused: (channel, why) => log(`refused on ${channel}: ${why}`),
  });
  const at = (): string => new Date().toISOString();
  try {
    context.stage('listening');
    const started = await startNodeKernel(await prepared, plan.node, connection, nodeContext);
    kernel = started;
    if (stopped !== undefined) started.stop(STOP_GRACE_MS);
    report({ state: 'ready', jobId, node, pid: started.pid });
    joinClients(ports, (channel) => started.socket(channel));
    const { code, signal, outOfMemory, lastWords } = await started.exited;
    const exit = {
      type: 'exit',
      code,
      signal,
      outOfMemory,
      lastWords,
      terminated: stopped !== undefined,
    } as const;
    return concludeOutcome({ at: at(), jobId, exit, greeted: true, stopped });
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { code, message: sentence, hint, sheet } = error;
    return concludeOutcome({
      at: at(),
      jobId,
      failed: { type: 'failed', code, sentence, hint, status: sheet.exit },
      greeted: true,
      stopped,
    });
  } finally {
    await kernel?.release();
    await prepared.then(({ holder }) => holder.release()).catch(() => undefined);
    await ports.close();
  }
}
