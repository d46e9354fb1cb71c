import { PassThrough } from 'node:stream';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { Resources, type Launch, type LaunchPlan, type Outcome } from '@berth/schema';
import { FromLauncher } from '@berth/schema/rest';
import type { LaunchContext, LaunchControl } from '../../../spawner/src/launch/launch-context.ts';
import { launchServed } from '../../../spawner/src/launch/served-launch.ts';
import { until } from './until.ts';

export const resources = Resources.parse({});
export const exited: Outcome = {
  kind: 'exited',
  sentence: 'The kernel ended.',
  status: 0,
  at: '2026-11-21T03:00:00Z',
};
const newJob = { placement: { kind: 'new-job', argv: [] } } as unknown as LaunchPlan;
export const inJob = { placement: { kind: 'same-node', jobId: '7' } } as unknown as LaunchPlan;
const servers = new Set<Fake>();
export async function closeServers(): Promise<void> {
  for (const server of servers) await server.close();
  servers.clear();
}

/** A server that says nothing by itself. */
export class Fake {
  readonly lines: FromLauncher[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: NetServer;
  constructor() {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      let rest = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        this.lines.push(...lines.map((line) => FromLauncher.parse(JSON.parse(line))));
      });
      socket.on('error', () => undefined);
    });
    servers.add(this);
  }
  async listen(directory: string): Promise<this> {
    this.#server.listen(`${directory}/launch.sock`);
    await once(this.#server, 'listening');
    return this;
  }
  say(line: object | string): void {
    this.sockets.at(-1)?.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
  }
  async said(type: string, count = 1): Promise<FromLauncher> {
    await until(() => this.lines.filter((line) => line.type === type).length >= count, 8000);
    return this.lines.filter((line) => line.type === type).at(-1) as FromLauncher;
  }
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A launch whose kernel runs until it is told to end. */
export function launch(
  directory: string,
  more: { plan?: LaunchPlan; after?: Outcome; patienceMs?: number } = {},
) {
  const reports: Launch[] = [];
  const ran: Resources[] = [];
  const kernel = Promise.withResolvers<Outcome>();
  let control: LaunchControl | undefined;
  let told: LaunchContext | undefined;
  const errors = new PassThrough();
  let written = '';
  errors.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const context = {
    errors,
    log: () => undefined,
    report: (one: Launch) => reports.push(one),
    stage: () => undefined,
    control: (given: LaunchControl) => (control = given),
  } as unknown as LaunchContext;
  const { plan = newJob, after, patienceMs } = more;
  let planned = resources;
  const end = launchServed(
    {
      server: {
        directory,
        uid: process.getuid?.() ?? 0,
        ...(patienceMs !== undefined && { patienceMs }),
        begin: { id: '0123456789abcdef', kernel: 'python', displayName: 'P', path: 'a.ipynb', began: '' },
      },
      plan,
      resources,
      planWith: (wished) => {
        planned = wished;
        return plan;
      },
      after,
      run: (_, given) => {
        told = given;
        ran.push(planned);
        given.control({ stop: () => kernel.resolve({ ...exited, status: 143 }), signal: () => undefined });
        return kernel.promise;
      },
    },
    context,
  );
  return {
    end,
    reports,
    ran,
    written: () => written,
    exit: () => kernel.resolve(exited),
    stop: () => control?.stop('asked'),
    told: async () => {
      await until(() => told !== undefined, 8000);
      return told as LaunchContext;
    },
  };
}
