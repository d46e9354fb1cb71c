import type { ConnectionFile, Outcome } from '@berth/schema';
import { writeLine } from './json-lines.ts';
import type { LaunchContext } from './launch-context.ts';
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
  writeLine(srun.input, { type: 'plan', plan: plan.node });
  const { RemoteSession } = await import('./remote-session.ts');
  return new RemoteSession(plan, srun, context).run(readConnection);
}
