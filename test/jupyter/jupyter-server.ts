import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { asUser } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import type { ClusterUser } from '../cluster/users.ts';
import { freePort } from './free-port.ts';
import { venvProgram } from './venv.ts';

interface Message {
  readonly channel: string;
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
}

/** A real Jupyter server of an ordinary user on loopback, used over REST and WebSocket as JupyterLab does. */
export class JupyterServer {
  readonly process: ChildProcess;
  readonly #url: string;
  readonly #token: string;
  #log = '';

  private constructor(child: ChildProcess, url: string, token: string) {
    this.process = child;
    this.#url = url;
    this.#token = token;
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
    const server = new JupyterServer(child, `http://127.0.0.1:${port}`, token);
    const answers = async (): Promise<boolean> =>
      server.#ask('GET', '/api/status').then(Boolean, () => false);
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
  async startKernel(name: string): Promise<string> {
    const model = (await this.#ask('POST', '/api/kernels', { name })) as { id: string };
    return model.id;
  }

  /** Runs the code; gives what it printed, when the reply and the final idle have come. */
  async execute(kernel: string, code: string): Promise<string> {
    const url = `${this.#url.replace('http', 'ws')}/api/kernels/${kernel}/channels?token=${this.#token}`;
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`no channels\n${this.#log}`)), { once: true });
    });
    const id = randomUUID();
    const header = {
      msg_id: id,
      msg_type: 'execute_request',
      username: '',
      session: randomUUID(),
      version: '5.3',
      date: '',
    };
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
    const waiting = new Set(['execute_reply', 'idle']);
    let text = '';
    const done = new Promise<void>((resolve, reject) => {
      socket.addEventListener('close', () => reject(new Error(`channels closed\n${this.#log}`)), {
        once: true,
      });
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as Message;
        if (message.parent_header.msg_id !== id) return;
        const { msg_type: type } = message.header;
        if (type === 'stream') text += String(message.content['text']);
        waiting.delete(type === 'status' ? String(message.content['execution_state']) : type);
        if (waiting.size === 0) resolve();
      });
    });
    const request = { channel: 'shell', header, parent_header: {}, metadata: {}, content, buffers: [] };
    socket.send(JSON.stringify({ ...request, header: { ...header, date: new Date().toISOString() } }));
    try {
      await done;
    } finally {
      socket.close();
    }
    return text;
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

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `token ${this.#token}`, 'content-type': 'application/json' };
    const response = await fetch(this.#url + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
