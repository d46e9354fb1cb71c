import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AllocationList, LaunchAnswer, LaunchList, LaunchStory } from '@berth/schema/rest';
import { asUser } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import type { Driver } from '../jupyter/driver.ts';
import type { PersonArea, Site } from './site.ts';

/** `berth serve` of one person, started as the Jupyter server extension does, and used over its socket as that proxies. */
export class UserServer {
  readonly directory: string;
  readonly root: string;
  readonly #site: Site;
  readonly #area: PersonArea;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(site: Site, area: PersonArea, directory: string) {
    [this.#site, this.#area, this.directory] = [site, area, directory];
    this.root = join(area.area, 'notebooks');
  }

  static async start(site: Site, who: 'alice' | 'bob' = 'alice'): Promise<UserServer> {
    const area = site.person(who);
    // in a place that only root may write: nothing of it is taken for what a kernel left behind
    const place = await mkdtemp('/tmp/berth-served-');
    await chmod(place, 0o755);
    const directory = join(place, 's');
    const server = new UserServer(site, area, directory);
    for (const made of [directory, server.root]) {
      await mkdir(made, { recursive: true, mode: 0o700 });
      await chown(made, area.user.uid, area.user.gid);
    }
    await server.run();
    return server;
  }

  /** Starts the process, again after it was killed; resolves when it listens. */
  async run(): Promise<void> {
    const env = {
      ...this.#area.env,
      XDG_STATE_HOME: join(this.#area.area, 'state'),
      BERTH_SERVER_ROOT: this.root,
    };
    const argv = [this.#site.berth, 'serve', '--directory', this.directory];
    const { command, args } = asUser(this.#area.user, env, argv);
    const child = spawn(command, args, { stdio: 'pipe', cwd: this.#area.user.home });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    const ready = once(createInterface({ input: child.stdout }), 'line');
    const failed = once(child, 'close').then(() => {
      throw new Error(`berth serve has ended\n${this.#log}`);
    });
    failed.catch(() => undefined);
    await Promise.race([ready, failed]);
  }

  get log(): string {
    return this.#log;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(join(this.directory, '..'), { recursive: true, force: true });
  }

  /** What the launchers of that client's kernels must find in their environment. `notebook` is made if it is not there. */
  environment(driver: Driver, notebook?: string): Record<string, string> {
    return {
      BERTH_SERVER: this.directory,
      BERTH_SERVER_PARENT: String(driver.pid),
      BERTH_SERVER_ROOT: this.root,
      ...(notebook === undefined ? {} : { JPY_SESSION_NAME: join(this.root, notebook) }),
    };
  }

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const socketPath = join(this.directory, 'http.sock');
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject).on('end', () => {
          if ((response.statusCode ?? 0) >= 300) reject(new Error(`${method} ${path}: ${text}`));
          else resolve((text === '' ? undefined : JSON.parse(text)) as T);
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async launches(): Promise<readonly LaunchStory[]> {
    return (await this.ask<LaunchList>('GET', '/v1/launches')).launches;
  }

  allocations(): Promise<AllocationList> {
    return this.ask('GET', '/v1/allocations');
  }

  answer(id: string, answer: LaunchAnswer): Promise<void> {
    return this.ask('POST', `/v1/launches/${id}/answer`, answer);
  }

  cancel(id: string): Promise<void> {
    return this.ask('DELETE', `/v1/launches/${id}`);
  }

  /** The first start of that notebook that is as wanted. */
  async launch(
    path: string,
    fits: (story: LaunchStory) => boolean = () => true,
    timeoutMs = 20_000,
  ): Promise<LaunchStory> {
    let seen: readonly LaunchStory[] = [];
    let found: LaunchStory | undefined;
    const there = await until(
      async () => {
        seen = await this.launches();
        found = seen.find((story) => story.path === path && fits(story));
        return found !== undefined;
      },
      timeoutMs,
      50,
    );
    if (!there) throw new Error(`no such start of ${path}: ${JSON.stringify(seen)}\n${this.#log}`);
    return found as LaunchStory;
  }

  inState(path: string, state: LaunchStory['launch']['state'], timeoutMs?: number): Promise<LaunchStory> {
    return this.launch(path, ({ launch }) => launch.state === state, timeoutMs);
  }

  /** Listens as an open page does; gives the verb that ends it, and what was told. */
  async listen(): Promise<{ readonly told: readonly string[]; close(): void }> {
    const told: string[] = [];
    const headers = { accept: 'text/event-stream' };
    const socketPath = join(this.directory, 'http.sock');
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath, path: '/v1/events', headers, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', (chunk: string) => told.push(...chunk.split('\n')));
        response.on('error', () => undefined);
        resolve({ told, close: () => sent.destroy() });
      });
      sent.on('error', reject).end();
    });
  }
}
