import type { ConnectionFile, Outcome } from '@berth/schema';
import { writeFrame } from './frames.ts';
import type { LaunchContext } from './launch-context.ts';
import { encodeOrder, placeOrder, tellLeft } from './place-order.ts';
import type { RemotePlan } from './remote-plan.ts';
import { startSrun } from './srun-process.ts';

/**
 * A kernel in a step on a node: srun carries the agent, its stdin and stdout carry control and keys, and the agent
 * dials back for the streams. srun is started before anything else is even loaded: it takes longest.
 */
export async function launchRemotely(
  plan: RemotePlan,
  readConnection: () => Promise<ConnectionFile>,
  context: LaunchContext,
): Promise<Outcome> {
  const srun = startSrun([...plan.placement.argv, ...context.agentCommand], context.srunEnv, context.errors);
  context.stage('srun');
  const { order, left } = placeOrder(plan.node);
  writeFrame(srun.input, 'P', encodeOrder(order));
  writeFrame(srun.input, 'N', JSON.stringify(plan.node));
  tellLeft(left, context.log);
  const { RemoteSession } = await import('./remote-session.ts');
  return new RemoteSession(plan, srun, context).run(readConnection);
}
