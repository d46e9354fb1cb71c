import type { NodePlan } from '@berth/schema';
import type { AgentContext } from './agent-context.ts';
import { jsonLines, writeLine } from './json-lines.ts';
import type { ToLauncher } from './messages.ts';
import { prepareNode, type NodeContext } from './node-kernel.ts';

/**
 * One kernel on one node, told over stdin what to do and telling over stdout what happens. The end of stdin is the end
 * of the launcher: everything goes then. The image is being mounted while the rest of the program is still loading.
 * @returns the exit status
 */
export async function runAgent(context: AgentContext): Promise<number> {
  const { input, output, errors, env, uid } = context;
  const log = (line: string): void => void errors.write(`berth agent: ${line}\n`);
  const tell = (message: ToLauncher): void => writeLine(output, message);
  const lines = jsonLines(input, (line) => log(`not understood: ${line}`));
  const first = await lines.next();
  const plan = planOf(first.value);
  if (plan === undefined) {
    log('the first line must be a plan; this command is started by "berth kernel"');
    return 64;
  }
  const stages: Record<string, number> = {};
  const cancel = new AbortController();
  const node: NodeContext = {
    env,
    uid,
    output: errors,
    log,
    stage: (name) => (stages[name] = Date.now()),
    rootfs: (work) => context.rootfs(work, (doing) => tell({ type: 'doing', doing }), cancel.signal),
  };
  const prepared = prepareNode(plan, node);
  // a failure is looked at when the conversation comes to it
  prepared.catch(() => undefined);
  const { converse } = await import('./agent-conversation.ts');
  return converse({ plan, prepared, lines, cancel, stages, node, tell, log }, context);
}

/** The plan in the first message; it was checked by the launcher, a schema would hold up the start by 10 ms. */
function planOf(message: unknown): NodePlan | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'plan')
    return undefined;
  if (!('plan' in message) || typeof message.plan !== 'object' || message.plan === null) return undefined;
  return 'launchId' in message.plan && 'container' in message.plan ? (message.plan as NodePlan) : undefined;
}
