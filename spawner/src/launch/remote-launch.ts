import { JobId, type ConnectionFile, type JobState, type LaunchPlan, type Outcome } from '@berth/schema';
import { askJob, pendingReason, watchQueue, type JobSelector } from '../slurm/index.ts';
import type { LaunchContext } from './launch-context.ts';
import { readLines, writeLine } from './line-protocol.ts';
import { ToLauncher } from './messages.ts';
import { concludeOutcome } from './outcome.ts';
import { startSrun } from './srun-process.ts';

/** States in which Slurm has not said its last word about a job. */
const UNDECIDED: ReadonlySet<JobState> = new Set(['PENDING', 'CONFIGURING', 'RUNNING', 'SUSPENDED', 'COMPLETING']);

/**
 * A kernel in a step on a node: srun carries the agent, its stdin and stdout carry control and keys, and the agent
 * dials back for the streams. srun is started before anything else is even loaded.
 */
export async function launchRemotely(
  plan: LaunchPlan & { readonly placement: { readonly argv: readonly string[] } },
  readConnection: () => Promise<ConnectionFile>,
  context: LaunchContext,
): Promise<Outcome> {
  const { stage, report, log } = context;
  const srun = startSrun([...plan.placement.argv, ...context.agentCommand], context.srunEnv, context.errors);
  stage('srun');
  writeLine(srun.input, { type: 'plan', plan: plan.node });

  type Told<T extends ToLauncher['type']> = Extract<ToLauncher, { type: T }>;
  let greeted: (hello: Told<'hello'>) => void = () => undefined;
  const hello = new Promise<Told<'hello'>>((resolve) => (greeted = resolve));
  let greeting: Told<'hello'> | undefined;
  let failed: Told<'failed'> | undefined;
  let exit: Told<'exit'> | undefined;
  let over: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => (over = resolve));
  let stopped: 'asked' | 'client-gone' | undefined;

  readLines(
    srun.output,
    (value) => ToLauncher.parse(value),
    (message) => {
      switch (message.type) {
        case 'hello':
          greeting = message;
          return greeted(message);
        case 'doing':
          return report({ state: 'starting', jobId: jobIdOf(greeting?.jobId), node: greeting?.node ?? '', doing: message.doing });
        case 'running':
          for (const [name, at] of Object.entries(message.stages)) stage(`agent-${name}`, at);
          return report({ state: 'ready', jobId: jobIdOf(greeting?.jobId), node: greeting?.node ?? '', pid: message.pid });
        case 'failed':
          failed = message;
          return over();
        case 'exit':
          exit = message;
          return over();
      }
    },
    (line) => log(`from the node: ${line}`),
  );
  void srun.ended.then(() => over());

  const stop = (why: 'asked' | 'client-gone'): void => {
    stopped ??= why;
    writeLine(srun.input, { type: 'stop' });
    srun.input.end();
    if (greeting === undefined) srun.end();
    else setTimeout(() => srun.end(), 1500).unref();
  };
  context.control({ stop, signal: (signal) => writeLine(srun.input, { type: 'signal', signal }) });

  const queue = watchQueue(context.run, context.squeue, jobSelector(plan, context), context.queryIntervalMs, (waiting) => {
    report({
      state: 'queued',
      jobId: waiting.jobId,
      reason: pendingReason(waiting.reason),
      ...(waiting.estimatedStart === undefined ? {} : { estimatedStart: waiting.estimatedStart }),
    });
  });

  let release: () => void = () => undefined;
  try {
    const connection = await readConnection();
    const [{ openClientPorts }, { peerUid }] = await Promise.all([import('./client-ports.ts'), import('./peer-uid.ts')]);
    const ports = await openClientPorts(connection, context.cwd, {
      uid: context.uid,
      peerUid: context.peerUid ?? peerUid,
      refused: (channel, why) => log(`refused on ${channel}: ${why}`),
    });
    release = () => void ports.close();
    stage('listening');
    const [keyExchange, { openStreamServer }, { joinClients }] = await Promise.all([
      import('./key-exchange.ts'),
      import('./stream-server.ts'),
      import('./client-join.ts'),
    ]);
    const keys = keyExchange.makeKeyPair();
    stage('keys');
    const greetedOrOver = await Promise.race([hello, settled]);
    if (greetedOrOver) {
      queue.stop();
      stage('agent-began', greetedOrOver.began);
      stage('hello');
      const { launchId } = plan.node;
      const agentKey = Buffer.from(greetedOrOver.publicKey, 'base64');
      const derived = keyExchange.deriveKeys(keys, keys.publicKey, agentKey, launchId);
      const streams = await openStreamServer(derived.stream, launchId, plan.listen);
      release = () => {
        streams.close();
        void ports.close();
      };
      writeLine(srun.input, {
        type: 'start',
        publicKey: keys.publicKey.toString('base64'),
        sealed: keyExchange.seal(derived.seal, JSON.stringify({ connection })),
        addresses: plan.listen.addresses,
        port: streams.port,
      });
      joinClients(ports, (channel) => streams.take(channel));
    }
    await settled;
  } catch (error) {
    stop('asked');
    throw error;
  } finally {
    queue.stop();
    release();
    srun.input.end();
  }
  setTimeout(() => srun.end(), 1500).unref();
  const end = await srun.ended;
  const jobId = jobIdOf(greeting?.jobId);
  const telling = failed !== undefined || (exit !== undefined && !exit.terminated) || stopped !== undefined;
  return concludeOutcome({
    at: new Date().toISOString(),
    jobId,
    exit,
    failed,
    srun: end,
    greeted: greeting !== undefined,
    job: telling ? undefined : await lastWord(plan, context, jobId),
    stopped,
  });
}

const jobIdOf = (text: string | undefined): JobId | undefined => JobId.safeParse(text).data;

function jobSelector(plan: LaunchPlan, context: LaunchContext): JobSelector {
  if (plan.placement.kind !== 'new-job') return { jobId: plan.placement.jobId };
  return { jobName: context.jobName, user: context.userName };
}

/** Asks Slurm why, for at most two seconds while it has not decided; undefined when it does not answer. */
async function lastWord(plan: LaunchPlan, context: LaunchContext, jobId: JobId | undefined) {
  const selector = jobId === undefined ? jobSelector(plan, context) : { jobId };
  for (let attempt = 0; ; attempt++) {
    const answer = await askJob(context.run, context.squeue, selector).catch(() => undefined);
    const undecided = answer?.kind === 'known' && UNDECIDED.has(answer.allocation.state);
    if (attempt >= 8 || !undecided) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
