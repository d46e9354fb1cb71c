import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, chmod, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { asUser } from '../cluster/as-user.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { venvProgram } from './venv.ts';

export interface StartOptions {
  /** seconds until the first reply, default 60 */
  readonly timeout?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly transport?: 'tcp' | 'ipc';
  readonly encryption?: 'disabled' | 'auto' | 'required';
  /** seconds between two looks of Jupyter's restarter, which restarts a dead kernel; without it there is none */
  readonly autorestart?: number;
}

export interface Execution {
  readonly status: 'ok' | 'error' | 'aborted';
  readonly ename: string | null;
  readonly evalue: string | null;
  readonly count: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** number of output messages */
  readonly messages: number;
  /** text of the execute_result */
  readonly value: string | null;
}

type Request = (verb: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** Something with channels to a kernel: its owner's own client, or a second one. */
export class KernelClient {
  readonly name: string;
  protected readonly request: Request;

  constructor(name: string, request: Request) {
    this.name = name;
    this.request = request;
  }

  /** Sends the code; the result is had by `collect`. */
  async send(code: string, options: { readonly stdin?: boolean } = {}): Promise<string> {
    return (await this.request('send', { name: this.name, code, stdin: options.stdin ?? false })) as string;
  }

  /** Waits for the reply and the final idle. `timeout` in seconds. */
  async collect(execution: string, timeout = 60): Promise<Execution> {
    return (await this.request('collect', { name: this.name, execution, timeout })) as Execution;
  }

  /** Waits for the first output of the code: then it is at work. */
  async firstOutput(execution: string, timeout = 20): Promise<void> {
    await this.request('first_output', { name: this.name, execution, timeout });
  }

  async execute(code: string, timeout = 60): Promise<Execution> {
    return this.collect(await this.send(code), timeout);
  }

  /** Standard output of the code, which must end well. */
  async output(code: string, timeout = 60): Promise<string> {
    const { status, stdout, ename, evalue } = await this.execute(code, timeout);
    if (status !== 'ok') throw new Error(`the code ended with ${status}: ${ename}: ${evalue}`);
    return stdout;
  }

  /** The prompt of the input() that this execution has reached. */
  async prompt(execution: string, timeout = 20): Promise<string> {
    return (await this.request('prompt', { name: this.name, execution, timeout })) as string;
  }

  async reply(execution: string, text: string): Promise<void> {
    await this.request('reply', { name: this.name, execution, text });
  }
}

/** A kernel that the driver started. */
export class DrivenKernel extends KernelClient {
  readonly connectionFile: string;
  /** of the launcher, the process that Jupyter started */
  pid: number;
  readonly #log: string;

  constructor(name: string, request: Request, pid: number, connectionFile: string, log: string) {
    super(name, request);
    this.pid = pid;
    this.connectionFile = connectionFile;
    this.#log = log;
  }

  /** What launcher and kernel wrote to their standard output and error so far. */
  async log(): Promise<string> {
    return readFile(this.#log, 'utf8');
  }

  async ready(timeout = 60): Promise<void> {
    await this.request('ready', { name: this.name, timeout });
  }

  async interrupt(): Promise<void> {
    await this.request('interrupt', { name: this.name });
  }

  async restart(options: { readonly now?: boolean; readonly timeout?: number } = {}): Promise<void> {
    const { now = false, timeout = 60 } = options;
    this.pid = ((await this.request('restart', { name: this.name, now, timeout })) as { pid: number }).pid;
  }

  async shutdown(now = false): Promise<void> {
    await this.request('shutdown', { name: this.name, now });
  }

  async isAlive(): Promise<boolean> {
    return (await this.request('alive', { name: this.name })) as boolean;
  }

  /** The launcher's exit status; minus the signal's number when a signal ended it. */
  async ended(timeout = 20): Promise<number> {
    return (await this.request('ended', { name: this.name, timeout })) as number;
  }

  /** Waits until Jupyter's restarter has given up; tells how often it restarted the kernel before. */
  async givenUp(timeout = 40): Promise<number> {
    return (await this.request('given_up', { name: this.name, timeout })) as number;
  }
}

/** A Jupyter client process of an ordinary user: jupyter_client in the Python environment, told what to do. */
export class Driver {
  readonly process: ChildProcess;
  /** who runs it */
  readonly user: string;
  readonly #directory: string;
  readonly #waiting = new Map<number, { resolve: (v: unknown) => void; reject: (e: Error) => void }>();
  readonly #ended: Promise<unknown>;
  readonly #files: string[] = [];
  #number = 0;
  #errors = '';

  private constructor(child: ChildProcess, user: string, directory: string) {
    this.user = user;
    this.process = child;
    this.#directory = directory;
    this.#ended = once(child, 'close').then(() => {
      const error = new Error(`the driver has ended\n${this.#errors}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.#answered(line));
  }

  /**
   * `env` on top of a fresh login's: where Slurm is, where kernelspecs are. `within`: command in front of it, as
   * `['salloc', ...]`, which must pass standard input and output on.
   */
  static async start(
    user: ClusterUser,
    env: Readonly<Record<string, string>>,
    within: readonly string[] = [],
  ): Promise<Driver> {
    // the user may not be able to read this checkout
    const directory = await mkdtemp(join(tmpdir(), 'berth-driver-'));
    await chmod(directory, 0o1777);
    const program = join(directory, 'driver.py');
    const papermill = join(import.meta.dirname, '../../server/src/batch/berth_papermill.py');
    for (const file of [join(import.meta.dirname, 'driver.py'), papermill]) {
      await copyFile(file, join(directory, basename(file)));
      await chmod(join(directory, basename(file)), 0o644);
    }
    const { command, args } = asUser(user, env, [...within, venvProgram('python3'), '-B', program]);
    const child = spawn(command, args, { cwd: user.home, stdio: 'pipe', detached: true });
    return new Driver(child, user.name, directory);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Connection files of its kernels: it removes them itself, as long as it runs. */
  get connectionFiles(): readonly string[] {
    return this.#files;
  }

  /** What the client's own process said on its standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** Starts a kernel and does not wait for its first reply. */
  async launch(kernel: string, options: StartOptions = {}): Promise<DrivenKernel> {
    const { cwd, env, transport, encryption, autorestart } = options;
    const log = join(this.#directory, `kernel-${this.#number + 1}.log`);
    const answer = await this.#request('start', {
      kernel,
      log,
      cwd,
      env,
      transport,
      encryption,
      autorestart,
    });
    const { name, pid, connectionFile } = answer as { name: string; pid: number; connectionFile: string };
    this.#files.push(connectionFile);
    return new DrivenKernel(name, this.#request, pid, connectionFile, log);
  }

  /** Starts a kernel and waits for its first reply; on failure its log is in the error. */
  async kernel(kernel: string, options: StartOptions = {}): Promise<DrivenKernel> {
    const started = await this.launch(kernel, options);
    try {
      await started.ready(options.timeout);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : '';
      throw new Error(`${kernel} did not start: ${why}\n${await started.log()}`, { cause });
    }
    return started;
  }

  /** A second client on a running kernel, by its connection file. */
  async attach(connectionFile: string, timeout = 30): Promise<KernelClient> {
    const name = (await this.#request('attach', { file: connectionFile, timeout })) as string;
    return new KernelClient(name, this.#request);
  }

  async detach(client: KernelClient): Promise<void> {
    await this.#request('detach', { name: client.name });
  }

  /** Shuts its kernels down and ends. May be called twice, and after the process was killed. */
  async dispose(): Promise<void> {
    this.process.stdin?.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(timer);
    await rm(this.#directory, { recursive: true, force: true });
  }

  readonly #request: Request = (verb, args = {}) => {
    if (!this.isRunning) {
      return Promise.reject(new Error(`the driver has ended\n${this.#errors}`));
    }
    const id = ++this.#number;
    const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
    this.process.stdin?.write(`${JSON.stringify({ ...given, id, verb })}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  };

  #answered(line: string): void {
    const answer = JSON.parse(line) as { id: number; result?: unknown; error?: string; kind?: string };
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === undefined) waiting?.resolve(answer.result ?? undefined);
    else waiting?.reject(new Error(`${answer.kind}: ${answer.error}`));
  }
}
