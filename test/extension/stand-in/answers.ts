import {
  type JobView,
  type LaunchStory,
  LaunchAnswer,
  type RouteName,
  type ServerEvent,
  Wish,
} from '@berth/schema/rest';
import { filterKernels } from '../../../extension/src/model/kernel-filter.ts';
import { sampleElements, sampleJobs, sampleOutput } from './job-scenes.ts';
import { jobId, kernel, type Scene } from './scenes.ts';

export interface Asked {
  readonly name: RouteName;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly scene: Scene;
}
export interface Answered {
  readonly value?: unknown;
  readonly problem?: { readonly status: number; readonly code: string; readonly detail: string };
  readonly scene?: Scene;
  readonly events?: readonly ServerEvent[];
}

const missing: Answered = { problem: { status: 404, code: 'not-there', detail: 'There is no such thing.' } };
const digest = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`;

/** What each route says in this scene, and what of the scene it changes. */
export function answers(asked: Asked): Answered {
  const { scene, params, query, body } = asked;
  switch (asked.name) {
    case 'kernels': {
      const { search = '', language = '', offered, cursor = '0', limit = '100' } = query;
      const all = filterKernels(scene.kernels, { search, language, offeredOnly: offered === 'true' });
      const end = Number(cursor) + Number(limit);
      return {
        value: {
          kernels: all.slice(Number(cursor), end),
          total: all.length,
          ...(end < all.length ? { next: String(end) } : {}),
          revision: '1',
        },
      };
    }
    case 'kernel':
      return detailOf(asked);
    case 'offer':
    case 'withdraw': {
      const kernels = scene.kernels.map((one) =>
        one.name === params['name'] ? { ...one, offered: asked.name === 'offer' } : one,
      );
      return { scene: { ...scene, kernels }, events: [{ type: 'kernelspecs', value: {} }] };
    }
    case 'troubles':
      return { value: scene.troubles };
    case 'scan':
      return { value: scene.scan };
    case 'startScan': {
      const scan = {
        state: 'running',
        began: new Date().toISOString(),
        images: 0,
        done: 0,
        bytes: 0,
      } as const;
      return { value: scan, scene: { ...scene, scan }, events: [{ type: 'scan', value: scan }] };
    }
    case 'stopScan':
      return {
        scene: { ...scene, scan: { state: 'idle' } },
        events: [{ type: 'scan', value: { state: 'idle' } }],
      };
    case 'profiles':
      return { value: scene.profiles };
    case 'wish': {
      const first = scene.profiles.profiles[0];
      const resources = first?.profile.resources ?? { cpus: 1, memory: '2G', time: '60' };
      return { value: { ...query, resources, ...(first && { profile: first.name }), confirmed: false } };
    }
    case 'setWish':
      return { value: { ...Wish.parse(body), confirmed: true } };
    case 'launches':
      return { value: { launches: scene.launches } };
    case 'launchLog':
      return {
        value: {
          lines: scene.log ?? [
            `berth: ${kernel(0).displayName} for Untitled.ipynb`,
            'srun: job 4230 queued and waiting for resources',
            'berth: waiting for free resources (Resources)',
          ],
        },
      };
    case 'launch': {
      const found = scene.launches.find(({ id }) => id === params['id']);
      return found ? { value: found } : missing;
    }
    case 'answerLaunch': {
      const { start } = LaunchAnswer.parse(body);
      return moved(asked, (before) => ({
        ...before,
        launch: start ? { state: 'queued', reason: 'the job is being submitted' } : refused(),
      }));
    }
    case 'cancelLaunch':
      return moved(asked, (before) => ({ ...before, launch: refused() }));
    case 'allocations':
      return {
        value: {
          at: new Date().toISOString(),
          allocations: scene.allocations,
          ...(scene.stale ? { stale: scene.stale } : {}),
        },
      };
    case 'endAllocation': {
      const allocations = scene.allocations.filter(({ allocation }) => allocation.jobId !== params['jobId']);
      return { scene: { ...scene, allocations }, events: [{ type: 'allocations', value: { allocations } }] };
    }
    case 'jobs':
      return { value: { jobs: scene.jobs ?? [] } };
    case 'job':
    case 'submitJob':
    case 'cancelJob':
    case 'cancelJobElement':
    case 'removeJob':
    case 'jobLog':
    case 'jobOutput':
      return jobAnswers(asked);
    case 'status':
      return { value: { version: '0.1.0', instance: 'stand-in', sources: ['lab'] } };
    case 'openapi':
    case 'metrics':
    case 'events':
      return missing;
  }
}

/** Whatever is submitted is the first job again, under its new id. */
function jobAnswers({ name, scene, params, query }: Asked): Answered {
  const jobs: readonly JobView[] = scene.jobs ?? [];
  const job = jobs.find(({ id }) => id === params['id']);
  if (name === 'submitJob') {
    const [first] = sampleJobs;
    if (first === undefined) return missing;
    const value = { ...first, id: params['id'] ?? '', submitted: new Date().toISOString() };
    return { value, scene: { ...scene, jobs: [value, ...jobs] }, events: [{ type: 'job', value }] };
  }
  if (job === undefined) return missing;
  if (name === 'job')
    return { value: { job, elements: job.sweep === undefined ? job.shown : sampleElements } };
  if (name === 'cancelJob') {
    const value: JobView = { ...job, state: 'cancelled', counts: { cancelled: 1 } };
    const others = jobs.map((one) => (one.id === job.id ? value : one));
    return { scene: { ...scene, jobs: others }, events: [{ type: 'job', value }] };
  }
  if (name === 'cancelJobElement') return {};
  if (name === 'removeJob') {
    const others = jobs.filter((one) => one.id !== job.id);
    return { scene: { ...scene, jobs: others }, events: [{ type: 'job-forgotten', value: { id: job.id } }] };
  }
  if (name === 'jobLog') {
    const text = 'Executing Cell 1\n\u001b[31mred\u001b[0m\n';
    return { value: { text: text.slice(Number(query['from'])), next: text.length, attempt: 0, more: false } };
  }
  return { value: { notebook: sampleOutput, saved: job.submitted, attempt: 0 } };
}

const refused = (): LaunchStory['launch'] => ({
  state: 'failed',
  outcome: {
    kind: 'cancelled',
    sentence: 'You cancelled this start.',
    status: 130,
    jobId: jobId(4230),
    at: new Date().toISOString(),
  },
});

function moved({ scene, params }: Asked, move: (before: LaunchStory) => LaunchStory): Answered {
  const before = scene.launches.find(({ id }) => id === params['id']);
  if (!before) return missing;
  const value = { ...move(before), since: new Date().toISOString() };
  const launches = scene.launches.map((one) => (one.id === before.id ? value : one));
  return { scene: { ...scene, launches }, events: [{ type: 'launch', value }] };
}

function detailOf({ scene, params }: Asked): Answered {
  const at = scene.kernels.findIndex(({ name }) => name === params['name']);
  const entry = scene.kernels[at];
  if (!entry) return missing;
  return {
    value: {
      entry,
      digest: digest(at + 1),
      argv: ['/opt/env/bin/python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      prefix: '/opt/env',
      interpreter: '/opt/env/bin/python3.12',
      version: '3.12.7',
      created: '2026-02-11T09:00:00Z',
      bytes: 1_420_000_000,
      evidence: [
        {
          path: '/opt/env/share/jupyter/kernels/python3/kernel.json',
          layer: digest(77),
          says: 'a kernelspec that Jupyter would find in this prefix',
        },
        {
          path: '/opt/env/lib/python3.12/site-packages/ipykernel-6.29.5.dist-info/METADATA',
          layer: digest(77),
          says: 'ipykernel 6.29.5',
        },
      ],
    },
  };
}
