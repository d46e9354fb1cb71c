import { hostname } from 'node:os';
import { printTo } from './print-to.ts';
import { rootfsOfPlan, runAgent } from '@berth/spawner/launch';

const USAGE = `usage: berth agent
Runs one kernel on this node as told by "berth kernel" over standard input. Started by srun, not typed.`;

export async function agentCommand(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    await printTo(process.stdout)(`${USAGE}\n`);
    return args[0] === '--help' || args[0] === '-h' ? 0 : 64;
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return runAgent({
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    env: process.env,
    uid: process.getuid?.() ?? 0,
    node: process.env['SLURMD_NODENAME'] ?? hostname(),
    began: performance.timeOrigin,
    onSignal: (receive) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, receive);
    },
    rootfs: (plan, doing, signal) => rootfsOfPlan(plan, process.env, doing, signal),
  });
}
