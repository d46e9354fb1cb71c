import { Failure, isFailure, type NodePlan } from '@berth/schema';
import type { AgentContext } from './agent-context.ts';
import { writeLine } from './json-lines.ts';
import type { Dial } from './dial.ts';
import type { ToLauncher } from './messages.ts';
import { nodeKernel } from './node-kernel.ts';
import type { StreamDialer } from './stream-dialer.ts';

/**
 * What one kernel on one node needs of Node, beside the berth-place that starts it: an image that is missing, the streams to
 * the launcher, evidence of how it ended, a hot set for the next start. Told by the place over a socket, telling the launcher over stdout.
 * @returns the exit status
 */
export async function runAgent(context: AgentContext): Promise<number> {
  const { output, errors, env, program, place } = context;
  const log = (line: string): void => void errors.write(`berth agent: ${line}\n`);
  const tell = (message: ToLauncher): void => writeLine(output, message);
  const plan = Promise.withResolvers<NodePlan>();
  const dial = Promise.withResolvers<Dial>();
  const key = Promise.withResolvers<Buffer>();
  const gone = new Error('the place has ended');
  const cancel = new AbortController();
  const stopped = Promise.withResolvers<number>();
  let state: 'starting' | 'making' | 'running' | 'over' = 'starting';

  const kernel = nodeKernel(place, {
    program,
    env,
    output: errors,
    log,
    plan: plan.promise,
    gone,
    rootfs: async (work) => {
      state = 'making';
      const rootfs = await context.rootfs(work, (doing) => tell({ type: 'doing', doing }), cancel.signal);
      state = 'starting';
      return rootfs;
    },
    receive: (event) => {
      switch (event.type) {
        case 'plan':
          // made by our own launcher from a checked record; building its schema takes longer than all else here
          return plan.resolve(JSON.parse(event.text) as NodePlan);
        case 'dial':
          return dial.resolve(event.dial);
        case 'key':
          return key.resolve(event.key);
        case 'stop':
          cancel.abort();
          // what is half-made cleans up after itself; a kernel has its own end
          if (state === 'starting') stopped.resolve(1);
      }
    },
  });

  const run = async (): Promise<number> => {
    const { pid, stages } = await kernel.running;
    state = 'running';
    tell({ type: 'running', pid, stages });
    let streams: StreamDialer | undefined;
    connect().then(
      (dialled) => (streams = dialled),
      (error: Error) => log(error.message),
    );
    const exit = await kernel.exited;
    state = 'over';
    tell({ type: 'exit', ...exit });
    // none when the kernel ended before the launcher said where to dial
    await streams?.close();
    return 0;
  };
  const connect = async (): Promise<StreamDialer> => {
    const { dialStreams } = await import('./stream-dialer.ts');
    const [launcher, secret, { launchId }] = await Promise.all([dial.promise, key.promise, plan.promise]);
    const streams = dialStreams(launcher, secret, launchId, (channel) => kernel.socket(channel));
    streams.connected.catch((error: Error) => {
      // a kernel that ended at once ends the dialling too: the exit is the news then
      if (state === 'over') return;
      const addresses = launcher.addresses.join(', ');
      tell(failed(new Failure('channel-failed', { why: error.message, addresses, ports: launcher.port })));
      kernel.stop();
    });
    return streams;
  };
  const status = await Promise.race([run(), stopped.promise]).catch((error: unknown) => {
    state = 'over';
    if (error !== gone) tell(failed(error));
    return 1;
  });
  await kernel.release();
  await new Promise<void>((resolve) => {
    output.end(resolve);
    setTimeout(resolve, 500).unref();
  });
  return status;
}

function failed(error: unknown): ToLauncher {
  if (isFailure(error)) {
    const { code, message: sentence, hint, sheet } = error;
    return { type: 'failed', code, sentence, hint, status: sheet.exit };
  }
  const sentence = error instanceof Error ? error.message : String(error);
  return { type: 'failed', code: 'internal', sentence, hint: 'This is a fault of Berth.', status: 70 };
}
