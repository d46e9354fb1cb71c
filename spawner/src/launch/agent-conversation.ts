import { Failure, isFailure, type NodePlan } from '@berth/schema';
import type { AgentContext } from './agent-context.ts';
import { deriveKeys, makeKeyPair, unseal } from './key-exchange.ts';
import { Sealed, ToAgent, type ToLauncher } from './messages.ts';
import { startNodeKernel, type NodeContext, type NodeKernel, type PreparedNode } from './node-kernel.ts';
import { STOP_GRACE_MS } from './stop-grace.ts';

export interface Conversation {
  readonly plan: NodePlan;
  readonly prepared: Promise<PreparedNode>;
  readonly lines: AsyncIterable<unknown>;
  readonly cancel: AbortController;
  readonly stages: Readonly<Record<string, number>>;
  readonly node: NodeContext;
  readonly tell: (message: ToLauncher) => void;
  readonly log: (line: string) => void;
}

type Start = Extract<ToAgent, { type: 'start' }>;

/** The agent's part after the plan: greet, start the kernel when the launcher's key has come, pass signals, tell the end. */
export function converse(conversation: Conversation, context: AgentContext): Promise<number> {
  const { plan, cancel, tell, log } = conversation;
  const keys = makeKeyPair();
  let kernel: NodeKernel | undefined;
  let terminated = false;
  let over = false;

  return new Promise<number>((finish) => {
    const end = (status: number): void => {
      // a kernel that never came to be has nobody else to take its mounts down
      conversation.prepared.then(({ holder }) => holder.release()).catch(() => undefined);
      context.output.end(() => finish(status));
      setTimeout(() => finish(status), 500).unref();
    };
    const stop = (): void => {
      cancel.abort();
      if (kernel) kernel.stop(STOP_GRACE_MS);
      // a start that hangs must not hold the job: what is half-made gets a moment to clean up after itself
      else setTimeout(() => end(1), STOP_GRACE_MS).unref();
    };
    const run = async (start: Start): Promise<number> => {
      const derived = deriveKeys(keys, Buffer.from(start.publicKey, 'base64'), keys.publicKey, plan.launchId);
      const { connection } = Sealed.parse(JSON.parse(unseal(derived.seal, start.sealed)));
      const started = await startNodeKernel(await conversation.prepared, plan, connection, conversation.node);
      kernel = started;
      if (cancel.signal.aborted) stop();
      tell({ type: 'running', pid: started.pid, stages: conversation.stages });
      // the kernel first, then the way to it: TLS is loaded while the kernel starts
      const { dialStreams } = await import('./stream-dialer.ts');
      const streams = dialStreams(start, derived.stream, plan.launchId, (channel) => started.socket(channel));
      streams.connected.catch((error: Error) => {
        // a kernel that ended at once ends the dialling too: the exit is the news then
        if (over) return;
        const addresses = start.addresses.join(', ');
        tell(failed(new Failure('channel-failed', { why: error.message, addresses, ports: start.port })));
        stop();
      });
      const { code, signal, outOfMemory, lastWords } = await started.exited;
      over = true;
      tell({ type: 'exit', code, signal, terminated, ...(outOfMemory ? { outOfMemory } : {}), lastWords });
      await streams.close();
      await started.release();
      return 0;
    };
    const fail = (error: unknown): void => {
      tell(failed(error));
      end(1);
    };
    const receive = (message: ToAgent): void => {
      switch (message.type) {
        case 'start':
          run(message).then(end, fail);
          return;
        case 'signal':
          return kernel?.signal(message.signal);
        case 'stop':
          return stop();
        case 'plan':
          return log('a second plan is not taken');
      }
    };
    const listen = async (): Promise<void> => {
      for await (const line of conversation.lines) {
        const message = ToAgent.safeParse(line);
        if (message.success) receive(message.data);
        else log('a message was not understood');
      }
      stop();
    };

    conversation.prepared.catch(fail);
    context.onSignal((signal) => {
      if (signal === 'SIGINT') return kernel?.signal('SIGINT');
      terminated = true;
      stop();
    });
    tell({
      type: 'hello',
      publicKey: keys.publicKey.toString('base64'),
      jobId: context.env['SLURM_JOB_ID'],
      stepId: context.env['SLURM_STEP_ID'],
      node: context.node,
      began: context.began,
    });
    listen().catch(stop);
  });
}

function failed(error: unknown): ToLauncher {
  if (isFailure(error)) {
    const { code, message: sentence, hint, sheet } = error;
    return { type: 'failed', code, sentence, hint, status: sheet.exit };
  }
  const sentence = error instanceof Error ? error.message : String(error);
  return { type: 'failed', code: 'internal', sentence, hint: 'This is a fault of Berth.', status: 70 };
}
