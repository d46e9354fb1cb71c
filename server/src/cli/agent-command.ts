import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { printTo } from './print-to.ts';
import { rootfsOfPlan, runAgent } from '@berth/spawner/launch';

const USAGE = `usage: berth agent
Stands by one kernel on this node. Started by berth-place, which "berth kernel" starts there; not typed.`;

/** The descriptors that berth-place hands on: frames, and what the kernel writes. */
const [FRAMES, OUTPUT, ERRORS] = [3, 4, 5];

export async function agentCommand(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    await printTo(process.stdout)(`${USAGE}\n`);
    return args[0] === '--help' || args[0] === '-h' ? 0 : 64;
  }
  if (!isSocket(FRAMES)) {
    process.stderr.write('berth agent: this command is started by "berth kernel"\n');
    return 64;
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // Slurm's signals to the whole step are the place's business
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const end = (fd: number): Socket => new Socket({ fd }).on('error', () => undefined);
  return runAgent({
    place: { frames: end(FRAMES), output: end(OUTPUT), errors: end(ERRORS) },
    program: join(dirname(process.argv[1] ?? ''), 'berth-place'),
    output: process.stdout,
    errors: process.stderr,
    env: process.env,
    rootfs: (plan, doing, signal) => rootfsOfPlan(plan, process.env, doing, signal),
  });
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}
