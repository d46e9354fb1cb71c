/** The app on a Unix socket of its own, with services that know a few things by heart. */
import { Failure, Resources } from '@berth/schema';
import type { AllocationList, JobView, KernelDetail, LaunchStory, StandingWish } from '@berth/schema/rest';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createApp,
  EventHub,
  hardenedServer,
  openLog,
  openMetrics,
  type Services,
} from '@berth/server/routes';

const digest = `sha256:${'a'.repeat(64)}` as KernelDetail['digest'];
export const KERNEL = 'python3-climate-1-lab-0123abcd';
export const LAUNCH = '0123456789abcdef';
export const JOB = '42';

const entry = {
  name: KERNEL,
  displayName: 'Python 3.11 · climate 1',
  language: 'python',
  image: 'lab/climate:1',
  offered: true,
};
const at = '2026-11-21T06:00:00.000Z';
const resources = Resources.parse({});
const wish: StandingWish = { path: 'a.ipynb', kernel: KERNEL, resources, confirmed: false };
const story: LaunchStory = {
  id: LAUNCH,
  kernel: KERNEL,
  displayName: entry.displayName,
  path: 'a.ipynb',
  began: at,
  since: at,
  resources,
  launch: { state: 'queued', reason: 'Resources' },
};
const allocations = {
  at,
  allocations: [
    {
      allocation: {
        jobId: JOB,
        state: 'RUNNING',
        reason: 'None',
        nodes: 'n1',
        partition: 'main',
        cpus: 1,
        timeLeft: 60,
      },
      name: 'berth',
      why: '',
      memory: '2G',
      gres: '',
      kernels: [{ launch: LAUNCH, displayName: entry.displayName, path: 'a.ipynb' }],
    },
  ],
} as unknown as AllocationList;

const job: JobView = {
  id: LAUNCH,
  name: 'a.ipynb',
  kernel: { name: KERNEL, displayName: entry.displayName },
  resources,
  submitted: at,
  state: 'queued',
  counts: { queued: 1 },
  shown: [],
};

/** Answers for what is known, a Failure for what is not; `done` gets what was asked to be changed. */
export function sampleServices(done: string[] = []): Services {
  const kernel = <T>(name: string, answer: T): T => {
    if (name !== KERNEL) throw new Failure('kernel-unknown', { name });
    return answer;
  };
  const launch = <T>(id: string, answer: T): T => {
    if (id !== LAUNCH) throw new Failure('launch-unknown', { id });
    return answer;
  };
  const batch = <T>(id: string, answer: T): T => {
    if (id !== LAUNCH) throw new Failure('job-unknown', { id });
    return answer;
  };
  const page = { kernels: [entry], total: 1, revision: 'r1' };
  return {
    status: () => ({ version: '0', instance: 'i', sources: ['lab'] }),
    profiles: async () => ({ profiles: [{ name: 'small', profile: { resources } }], standard: 'small' }),
    kernels: {
      page: async () => page,
      detail: async (name) =>
        kernel(name, { entry, digest, argv: ['python'], prefix: '/usr', bytes: 1, evidence: [] }),
      offer: async (name) => void done.push(kernel(name, `offer ${name}`)),
      withdraw: async (name) => void done.push(kernel(name, `withdraw ${name}`)),
      troubles: async () => ({ sources: [], images: [{ image: 'lab/x:1', sentence: 'No.' }] }),
      scan: () => ({ state: 'idle' }),
      startScan: async () => {
        done.push('scan');
        return { state: 'running', began: at, images: 0, done: 0, bytes: 0 };
      },
      stopScan: async () => void done.push('stop'),
    },
    launches: {
      list: () => [story],
      get: (id) => launch(id, story),
      log: (id) => launch(id, ['a line']),
      answer: async (id) => void done.push(launch(id, `answer ${id}`)),
      cancel: async (id) => void done.push(launch(id, `cancel ${id}`)),
      wish: async () => wish,
      setWish: async (given) => {
        done.push('wish');
        return { ...given, confirmed: true };
      },
    },
    allocations: {
      list: async () => allocations,
      end: async (jobId) => {
        if (jobId !== JOB) throw new Failure('allocation-unknown', { jobId });
        done.push(`end ${jobId}`);
      },
    },
    jobs: {
      list: async () => ({ jobs: [job] }),
      detail: async (id) => batch(id, { job, elements: [] }),
      submit: async (id) => {
        done.push(`submit ${id}`);
        return { ...job, id };
      },
      log: async (id) => batch(id, { text: 'said', next: 4, attempt: 0, more: false }),
      output: async (id) => batch(id, { notebook: Buffer.from('{"cells":[]}'), saved: at, attempt: 0 }),
      cancel: async (id, index) =>
        void done.push(batch(id, `cancel job ${id}${index === undefined ? '' : ` ${index}`}`)),
      remove: async (id) => void done.push(batch(id, `remove job ${id}`)),
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RunningApp {
  readonly socket: string;
  readonly server: Server;
  readonly events: EventHub;
  /** what was asked to be changed */
  readonly done: readonly string[];
  readonly logged: () => string;
  ask(
    method: string,
    path: string,
    more?: { headers?: Record<string, string | string[]>; body?: string | Buffer },
  ): Promise<Answer>;
  close(): Promise<void>;
}

export async function runningApp(
  options: { services?: Services; events?: EventHub } = {},
): Promise<RunningApp> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-app-'));
  const socket = join(directory, 's');
  const done: string[] = [];
  const services = options.services ?? sampleServices(done);
  const events = options.events ?? new EventHub({ instance: 'i' });
  let logged = '';
  const log = openLog({ write: (line: string) => void (logged += line) }, 'debug');
  const metrics = openMetrics(events, services.launches);
  const server = hardenedServer(createApp({ services, events, metrics, log, now: () => Date.now() }));
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    server,
    events,
    done,
    logged: () => logged,
    ask: (method, path, { headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const sent = request({ socketPath: socket, method, path, headers, agent: false }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    close: async () => {
      events.close();
      server.close();
      server.closeAllConnections();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
