import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever, toJobId, type ConnectionFile, type JobId, type Outcome } from '@berth/schema';
import { pendingReason, watchQueue, type JobAnswer } from '../slurm/index.ts';
import { innerConnection } from './connection-file.ts';
import { openClientPorts, type ClientPorts } from './client-ports.ts';
import { jsonLines } from './json-lines.ts';
import { writeDial } from './dial.ts';
import { writeFrame } from './frames.ts';
import { deriveKeys, makeKeyPair, seal } from './key-exchange.ts';
import { jobSelector, lastWord } from './last-word.ts';
import type { LaunchContext } from './launch-context.ts';
import { ToLauncher } from './messages.ts';
import { concludeOutcome, killedFromOutside } from './outcome.ts';
import { peerUid } from './peer-uid.ts';
import type { RemotePlan } from './remote-plan.ts';
import type { SrunProcess } from './srun-process.ts';

type Told<T extends ToLauncher['type']> = Extract<ToLauncher, { type: T }>;

/** Time that an srun whose kernel is over has to end by itself. */
const SRUN_GRACE_MS = 1500;
/** Time that an srun has to give back a job that has not begun: a busy slurmctld takes seconds to answer it. */
const GIVE_BACK_MS = 5000;
const SCANCEL_ATTEMPTS = 3;
const BETWEEN_ATTEMPTS_MS = 500;

/** The launcher's side of one remote kernel, from the running srun to the Outcome. */
export class RemoteSession {
  readonly #plan: RemotePlan;
  readonly #srun: SrunProcess;
  readonly #context: LaunchContext;
  readonly #hello = Promise.withResolvers<Told<'hello'>>();
  readonly #over = Promise.withResolvers<undefined>();
  #greeting: Told<'hello'> | undefined;
  #failed: Told<'failed'> | undefined;
  #exit: Told<'exit'> | undefined;
  #stopped: 'asked' | 'client-gone' | undefined;

  constructor(plan: RemotePlan, srun: SrunProcess, context: LaunchContext) {
    this.#plan = plan;
    this.#srun = srun;
    this.#context = context;
    this.#listen().catch(() => this.#over.resolve(undefined));
    void srun.ended.then(() => this.#over.resolve(undefined));
    context.control({
      stop: (why) => this.#stop(why),
      signal: (signal) => writeFrame(srun.input, 'G', [constants.signals[signal]]),
    });
  }

  async run(readConnection: () => Promise<ConnectionFile>): Promise<Outcome> {
    const queue = this.#watchQueue();
    let ports: ClientPorts | undefined;
    let streams: { close(): void } | undefined;
    try {
      const connection = await readConnection();
      ports = await this.#openPorts(connection);
      const keys = makeKeyPair();
      const greeting = await Promise.race([this.#hello.promise, this.#over.promise]);
      queue.stop();
      if (greeting) streams = await this.#connect(greeting, keys, connection, ports);
      await this.#over.promise;
    } catch (error) {
      this.#stop('asked');
      // what was begun on the node is over before anybody hears of it
      await this.#srun.ended;
      throw error;
    } finally {
      queue.stop();
      streams?.close();
      await ports?.close();
      this.#srun.input.end();
    }
    return this.#conclude();
  }

  async #openPorts(connection: ConnectionFile): Promise<ClientPorts> {
    const { cwd, uid, log, stage } = this.#context;
    const ports = await openClientPorts(connection, cwd, {
      uid,
      peerUid: this.#context.peerUid ?? peerUid,
      refused: (channel, why) => log(`refused on ${channel}: ${why}`),
    });
    stage('listening');
    return ports;
  }

  /** Both sides have keys now: the secret goes over sealed, and the agent's streams are joined to the clients'. */
  async #connect(
    greeting: Told<'hello'>,
    keys: ReturnType<typeof makeKeyPair>,
    connection: ConnectionFile,
    ports: ClientPorts,
  ): Promise<{ close(): void }> {
    const { node, listen } = this.#plan;
    const derived = deriveKeys(keys, Buffer.from(greeting.publicKey, 'base64'), node.launchId);
    const sealed = seal(derived.seal, JSON.stringify(innerConnection(connection)));
    writeFrame(this.#srun.input, 'S', Buffer.concat([keys.publicKey, sealed]));
    this.#context.stage('start');
    // the kernel first, then the way to it: TLS is loaded while the kernel starts
    const [{ openStreamServer }, { joinClients }] = await loadStreams();
    const streams = await openStreamServer(derived.stream, node.launchId, listen);
    const { addresses } = listen;
    writeFrame(this.#srun.input, 'D', writeDial({ addresses, port: streams.port }));
    joinClients(ports, (channel) => streams.take(channel));
    return streams;
  }

  async #listen(): Promise<void> {
    const { log } = this.#context;
    // a greeting begins a line of its own, also where none was begun before it
    const chatter = (text: string): void => void (text === '' || log(`from the node: ${text}`));
    for await (const line of jsonLines(this.#srun.output, chatter)) {
      const message = ToLauncher.safeParse(line);
      if (message.success) this.#receive(message.data);
      else log('a message from the node was not understood');
    }
  }

  #receive(message: ToLauncher): void {
    const { report, stage } = this.#context;
    const where = { jobId: this.#jobId, node: this.#greeting?.node ?? '' };
    switch (message.type) {
      case 'hello':
        this.#greeting = message;
        stage('agent-began', message.began);
        stage('hello');
        return this.#hello.resolve(message);
      case 'doing':
        return report({ state: 'starting', ...where, doing: message.doing });
      case 'running':
        for (const [name, at] of Object.entries(message.stages)) stage(`agent-${name}`, at);
        return report({ state: 'ready', ...where, pid: message.pid });
      case 'failed':
        // what fails after the kernel's own end is a consequence of it
        if (this.#exit === undefined) this.#failed = message;
        return this.#over.resolve(undefined);
      case 'exit':
        this.#exit = message;
        return this.#over.resolve(undefined);
      default:
        return assertNever(message);
    }
  }

  get #jobId(): JobId | undefined {
    return toJobId(this.#greeting?.jobId);
  }

  #stop(why: 'asked' | 'client-gone'): void {
    this.#stopped ??= why;
    writeFrame(this.#srun.input, 'X');
    this.#srun.input.end();
    if (this.#greeting === undefined) this.#srun.end(GIVE_BACK_MS);
    else this.#endSrunSoon();
  }

  #endSrunSoon(): void {
    setTimeout(() => this.#srun.end(), SRUN_GRACE_MS).unref();
  }

  #watchQueue(): { stop(): void } {
    const { run, squeue, queryIntervalMs, report, queueWords } = this.#context;
    if (queueWords) {
      return queueWords((words) => {
        // what comes late says nothing of a job that runs
        if (this.#greeting === undefined) report({ state: 'queued', ...words });
      });
    }
    const selector = jobSelector(this.#plan, this.#context);
    return watchQueue(run, squeue, selector, queryIntervalMs, ({ jobId, reason, estimatedStart }) => {
      report({
        state: 'queued',
        jobId,
        reason: pendingReason(reason),
        ...(estimatedStart === undefined ? {} : { estimatedStart }),
      });
    });
  }

  async #conclude(): Promise<Outcome> {
    this.#endSrunSoon();
    const srun = await this.#srun.ended;
    if (srun.signal !== null) await this.#giveBackJob();
    return concludeOutcome({
      at: new Date().toISOString(),
      jobId: this.#jobId,
      exit: this.#exit,
      failed: this.#failed,
      srun,
      greeted: this.#greeting !== undefined,
      job: await this.#askWhy(),
      stopped: this.#stopped,
    });
  }

  /** Slurm's word, where what agent and client said does not tell the whole story. */
  async #askWhy(): Promise<JobAnswer | undefined> {
    const failed = this.#failed !== undefined && !['cancelled', 'container-lost'].includes(this.#failed.code);
    if (failed || this.#stopped !== undefined) return undefined;
    const exit = this.#exit;
    if (exit?.terminated === false && !killedFromOutside(exit)) return undefined;
    return lastWord(this.#plan, this.#context, this.#jobId, exit !== undefined);
  }

  /** An srun that was killed leaves its job to Slurm, which takes seconds to notice, and never does while the job waits. */
  async #giveBackJob(): Promise<void> {
    if (this.#plan.placement.kind !== 'new-job') return;
    const { run, scancel, jobName, userName, log } = this.#context;
    const which = this.#jobId === undefined ? [`--name=${jobName}`, `--user=${userName}`] : [this.#jobId];
    for (let attempt = 1; attempt <= SCANCEL_ATTEMPTS; attempt++) {
      if (attempt > 1) await sleep(BETWEEN_ATTEMPTS_MS);
      const { status, stderr } = await run([scancel, ...which]).catch(() => ({ status: 1, stderr: '' }));
      if (status === 0 || /invalid job id|already complet/i.test(stderr)) return;
    }
    log(`srun was killed, and its job may still be there: scancel ${which.join(' ')}`);
  }
}

/** TLS and what needs it: loaded while there is nothing else to do. */
const loadStreams = () => Promise.all([import('./stream-server.ts'), import('./client-join.ts')]);
