import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { asUser } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { freePort } from './free-port.ts';
import { ask, execute, startKernel, type JupyterAddress } from './rest-client.ts';
import { venvProgram } from './venv.ts';

/** A real Jupyter server of an ordinary user on loopback, used over REST and WebSocket as JupyterLab does. */
export class JupyterServer {
  readonly process: ChildProcess;
  readonly #address: JupyterAddress;
  #log = '';

  private constructor(child: ChildProcess, address: JupyterAddress) {
    this.process = child;
    this.#address = address;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    }
  }

  /** Resolves when it answers. `options`: further command line options. */
  static async start(
    person: { readonly user: ClusterUser; readonly env: Readonly<Record<string, string>> },
    options: readonly string[] = [],
  ): Promise<JupyterServer> {
    const [port, token] = [await freePort(), randomBytes(16).toString('hex')];
    const argv = [venvProgram('jupyter'), 'server', '--no-browser', '--ServerApp.ip=127.0.0.1', ...options];
    argv.push(`--ServerApp.port=${port}`, '--ServerApp.port_retries=0');
    const env = { ...person.env, JUPYTER_TOKEN: token };
    const { command, args } = asUser(person.user, env, argv);
    const child = spawn(command, args, {
      cwd: person.user.home,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const server = new JupyterServer(child, { url: `http://127.0.0.1:${port}`, token });
    const answers = async (): Promise<boolean> =>
      ask(server.#address, 'GET', '/api/status').then(Boolean, () => false);
    if (!(await until(answers, 30_000, 100))) {
      await server.dispose();
      throw new Error(`the Jupyter server does not answer\n${server.log}`);
    }
    return server;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Its own log, which holds that of its kernels. */
  get log(): string {
    return this.#log;
  }

  /** Gives the kernel's id as soon as its process runs. */
  startKernel(name: string): Promise<string> {
    return startKernel(this.#address, name);
  }

  /** Runs the code; gives what it printed, when the reply and the final idle have come. */
  execute(kernel: string, code: string): Promise<string> {
    return execute(this.#address, kernel, code, () => this.#log);
  }

  /** Ends it as a person does, kernels included. May be called twice, and after it was killed. */
  async dispose(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'close');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(timer);
  }
}
