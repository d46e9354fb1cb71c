import type { Readable, Writable } from 'node:stream';
import { Failure, type ConnectionFile, type NodePlan, type Rootfs } from '@berth/schema';
import { deriveKeys, makeKeyPair, unseal } from './key-exchange.ts';
import { readLines, writeLine } from './line-protocol.ts';
import { Sealed, ToAgent, type ToLauncher } from './messages.ts';
import { startNodeKernel, type NodeKernel } from './node-kernel.ts';

export interface AgentContext {
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly node: string;
  /** when the program began, milliseconds since the epoch */
  readonly began: number;
  /** calls back for each signal that Slurm or a person sends to this process */
  readonly onSignal: (receive: (signal: NodeJS.Signals) => void) => void;
  readonly rootfs: (
    plan: NodePlan,
    doing: (doing: string, bytes?: number, total?: number) => void,
    signal: AbortSignal,
  ) => Promise<Rootfs>;
}

/** Time a kernel has between SIGTERM and SIGKILL. */
export const STOP_GRACE_MS = 1000;

/**
 * One kernel on one node, told over stdin what to do and telling over stdout what happens. The end of stdin is the end
 * of the launcher: everything goes then.
 * @returns the exit status
 */
export function runAgent(context: AgentContext): Promise<number> {
  const { input, output, errors, env, uid } = context;
  const keys = makeKeyPair();
  const tell = (message: ToLauncher): void => writeLine(output, message);
  const log = (line: string): void => void errors.write(`berth agent: ${line}\n`);
  const stages: Record<string, number> = {};
  const cancel = new AbortController();
  let plan: NodePlan | undefined;
  let kernel: NodeKernel | undefined;
  let terminated = false;
  let giveConnection: (connection: ConnectionFile) => void = () => undefined;
  const connection = new Promise<ConnectionFile>((resolve) => (giveConnection = resolve));
  let launcher: { key: Buffer; addresses: readonly string[]; port: number } | undefined;

  const stop = (): void => {
    cancel.abort();
    kernel?.stop(STOP_GRACE_MS);
  };

  return new Promise<number>((finish) => {
    const run = async (work: NodePlan): Promise<number> => {
      const nodeKernel = await startNodeKernel(work, connection, {
        env,
        uid,
        output: errors,
        log,
        stage: (name) => (stages[name] = Date.now()),
        rootfs: (made) => context.rootfs(made, (doing, bytes, total) => tell({ type: 'doing', doing, bytes, total }), cancel.signal),
      });
      kernel = nodeKernel;
      if (cancel.signal.aborted) stop();
      tell({ type: 'running', pid: nodeKernel.pid, stages });
      // the kernel first, then the way to it: loading TLS takes as long as the kernel needs to bind its sockets
      const { dialStreams } = await import('./stream-dialer.ts');
      const { key = Buffer.alloc(0), addresses = [], port = 0 } = launcher ?? {};
      const streams = dialStreams({ addresses, port }, key, work.launchId, (channel) => nodeKernel.socket(channel));
      streams.connected.catch((error: Error) => {
        tell(failedMessage(new Failure('channel-failed', { why: error.message, addresses: addresses.join(', '), ports: port })));
        stop();
      });
      const { code, signal, outOfMemory, lastWords } = await nodeKernel.exited;
      tell({ type: 'exit', code, signal, terminated, ...(outOfMemory ? { outOfMemory } : {}), lastWords });
      streams.close();
      nodeKernel.release();
      return 0;
    };
    const end = (status: number): void => {
      output.end(() => finish(status));
      setTimeout(() => finish(status), 500).unref();
    };
    /** a start that hangs must not hold the job: what is half-made gets a moment to clean up after itself */
    const giveUp = (): void => {
      if (kernel === undefined) setTimeout(() => end(1), STOP_GRACE_MS).unref();
    };
    readLines(
      input,
      (value) => ToAgent.parse(value),
      (message) => {
        switch (message.type) {
          case 'plan':
            plan = message.plan;
            tell({
              type: 'hello',
              publicKey: keys.publicKey.toString('base64'),
              jobId: env['SLURM_JOB_ID'],
              stepId: env['SLURM_STEP_ID'],
              node: context.node,
              began: context.began,
            });
            run(plan).then(end, (error: unknown) => {
              tell(failedMessage(error));
              end(1);
            });
            return;
          case 'start': {
            if (plan === undefined) return;
            const theirs = Buffer.from(message.publicKey, 'base64');
            const derived = deriveKeys(keys, theirs, keys.publicKey, plan.launchId);
            launcher = { key: derived.stream, addresses: message.addresses, port: message.port };
            giveConnection(Sealed.parse(JSON.parse(unseal(derived.seal, message.sealed))).connection);
            return;
          }
          case 'signal':
            return kernel?.signal(message.signal);
          case 'stop':
            return stop();
        }
      },
      (line) => log(`not understood: ${line}`),
    );
    input.once('end', () => {
      stop();
      giveUp();
    });
    context.onSignal((signal) => {
      if (signal === 'SIGINT') return kernel?.signal('SIGINT');
      terminated = true;
      stop();
      giveUp();
    });
  });
}

function failedMessage(error: unknown): ToLauncher {
  if (error instanceof Failure) {
    const { exit } = error.sheet;
    return { type: 'failed', code: error.code, sentence: error.message, hint: error.hint, status: exit };
  }
  const sentence = error instanceof Error ? error.message : String(error);
  return { type: 'failed', code: 'internal', sentence, hint: 'This is a fault of Berth.', status: 70 };
}
