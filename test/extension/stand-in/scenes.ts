import type { JobId, Launch, Resources } from '@berth/schema';
import type {
  AllocationView,
  JobView,
  KernelEntry,
  LaunchStory,
  ProfileList,
  ScanState,
  Troubles,
} from '@berth/schema/rest';

import { sampleJobs, troubledJobs } from './job-scenes.ts';

/** What the stand-in of the user server knows: everything a view can show, made up, the same at every run. */
export interface Scene {
  readonly kernels: readonly KernelEntry[];
  readonly troubles: Troubles;
  readonly scan: ScanState;
  readonly profiles: ProfileList;
  readonly launches: readonly LaunchStory[];
  readonly allocations: readonly AllocationView[];
  /** what was said during any launch */
  readonly log?: readonly string[];
  readonly jobs?: readonly JobView[];
  /** why the allocations are not fresh */
  readonly stale?: string;
}

export const jobId = (id: number): JobId => String(id) as JobId;
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const hence = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

const small: Resources = { cpus: 1, memory: '2G', time: '60' };
const gpu: Resources = { cpus: 8, memory: '64G', gres: 'gpu:1', time: '4:00:00', partition: 'gpu' };

export const profiles: ProfileList = {
  profiles: [
    {
      name: 'small',
      profile: { title: 'Small', description: 'To look around and to write.', resources: small },
    },
    {
      name: 'gpu',
      profile: { title: 'One GPU', description: 'To train and to try out.', resources: gpu },
    },
    {
      name: 'wide',
      profile: {
        title: 'A whole node',
        description: 'Waits longer.',
        resources: { cpus: 64, memory: '256G', time: '1-00:00:00', partition: 'wide' },
      },
    },
  ],
  standard: 'small',
};

const WORLD = [
  'climate',
  'ecology',
  'geology',
  'ocean',
  'genome',
  'plasma',
  'protein',
  'weather',
  'traffic',
  'solver',
];
const LANGUAGES = [
  ['python', 'Python 3.12'],
  ['python', 'Python 3.11'],
  ['R', 'R 4.4'],
  ['julia', 'Julia 1.11'],
  ['octave', 'Octave 9'],
] as const;

/** Kernel `n` of a catalogue of any size. */
export function kernel(n: number, offered = n < 12): KernelEntry {
  const [language, title] = LANGUAGES[n % LANGUAGES.length] ?? LANGUAGES[0];
  const world = WORLD[Math.floor(n / 2) % WORLD.length] ?? 'climate';
  const tag = `${2020 + (n % 7)}.${1 + (Math.floor(n / 7) % 12)}`;
  const group = n < 100 ? 'lab' : `lab/group-${Math.floor(n / 100)}`;
  return {
    name: `${language.toLowerCase()}-${world}-${n}-${(n * 7919).toString(16).padStart(8, '0')}`,
    displayName: `${title} · ${world} ${tag}`,
    language,
    image: `${group}/${world}:${tag}`,
    offered,
  };
}
export const kernels = (count: number): readonly KernelEntry[] =>
  Array.from({ length: count }, (_, n) => kernel(n));

/** A launch of kernel 0 for `path` in this state. */
export const story = (
  launch: Launch,
  path = 'Untitled.ipynb',
  more: Partial<LaunchStory> = {},
): LaunchStory => ({
  id: '00000000000000a1',
  kernel: kernel(0).name,
  displayName: kernel(0).displayName,
  kernelId: 'k1',
  path,
  began: ago(95),
  since: ago(92),
  resources: small,
  launch,
  ...more,
});

export const allocation = (
  id: number,
  more: Partial<AllocationView> & { readonly of?: Partial<AllocationView['allocation']> } = {},
): AllocationView => {
  const { of, ...rest } = more;
  return {
    allocation: {
      jobId: jobId(id),
      state: 'RUNNING',
      reason: '',
      nodes: 'node-17',
      partition: 'main',
      cpus: 4,
      timeLeft: 13_860,
      ...of,
    },
    name: 'berth',
    why: '',
    memory: '16G',
    gres: '',
    timeLimit: 14_400,
    kernels: [],
    ...rest,
  };
};

const nothing: Scene = {
  kernels: [],
  troubles: { sources: [], images: [] },
  scan: { state: 'idle' },
  profiles,
  launches: [],
  allocations: [],
};
const looked = (count: number, failed = 0): ScanState => ({
  state: 'idle',
  last: { at: ago(600), images: Math.ceil(count * 0.9), kernels: count, failed },
});
const troubles: Troubles = {
  sources: [
    {
      source: 'archive',
      sentence: 'The source at https://archive.example.org does not answer: connection refused.',
      hint: 'Check that it is up and reachable from here; images that you started before stay usable meanwhile.',
    },
  ],
  images: [
    {
      image: 'lab/solver:3',
      sentence: 'Python 3.12 in /opt/env has no ipykernel.',
      hint: 'Add ipykernel to that environment, then push the image again.',
    },
    { image: 'lab/base:2026', sentence: 'Nothing in it looks like a kernel.' },
  ],
};
const running: AllocationView = allocation(4211, {
  kernels: [
    {
      launch: '00000000000000a1',
      displayName: kernel(0).displayName,
      path: 'Untitled.ipynb',
    },
  ],
});

export const SCENES = {
  /** a centre without images, a person without jobs */
  empty: nothing,
  one: {
    ...nothing,
    kernels: kernels(1),
    scan: looked(1),
    launches: [story({ state: 'ready', jobId: jobId(4211), node: 'node-17', pid: 4242 })],
    allocations: [running],
  },
  /** a job with a few minutes left */
  ending: {
    ...nothing,
    kernels: kernels(1),
    scan: looked(1),
    launches: [story({ state: 'ready', jobId: jobId(4211), node: 'node-17', pid: 4242 })],
    allocations: [{ ...running, allocation: { ...running.allocation, timeLeft: 412 } }],
  },
  many: {
    ...nothing,
    kernels: kernels(1000),
    scan: looked(1000, 2),
    troubles,
    launches: [story({ state: 'ready', jobId: jobId(4211), node: 'node-17', pid: 4242 })],
    allocations: [
      running,
      allocation(4212, {
        memory: '64G',
        gres: 'gpu:a100:2',
        of: { cpus: 16, partition: 'gpu', nodes: 'gpu-3', timeLeft: 412 },
        kernels: [
          {
            launch: '00000000000000a2',
            displayName: 'R 4.4 · ecology 2026.2',
            path: 'models/fit of 2026.ipynb',
          },
          { launch: '00000000000000a3', displayName: 'Julia 1.11 · ocean 2024.1', path: '' },
        ],
      }),
      allocation(4230, {
        why: 'waiting for free resources (Resources)',
        memory: '256G',
        of: { state: 'PENDING', cpus: 64, nodes: '', partition: 'wide', estimatedStart: hence(5400) },
      }),
      allocation(4190, { of: { state: 'COMPLETING', cpus: 1 }, memory: '2048' }),
    ],
    jobs: sampleJobs,
  },
  waiting: {
    ...nothing,
    kernels: kernels(12),
    scan: {
      state: 'running',
      began: ago(20),
      images: 40,
      done: 13,
      bytes: 184_000_000,
      last: { at: ago(86_400), images: 38, kernels: 12, failed: 0 },
    },
    launches: [
      story({
        state: 'queued',
        jobId: jobId(4230),
        reason: 'waiting for free resources (Resources)',
        estimatedStart: hence(1500),
      }),
    ],
    allocations: [
      allocation(4230, {
        why: 'waiting for free resources (Resources)',
        of: { state: 'PENDING', nodes: '', estimatedStart: hence(1500) },
      }),
    ],
  },
  asking: {
    ...nothing,
    kernels: kernels(12),
    scan: looked(12),
    launches: [story({ state: 'asking', resources: small })],
  },
  failing: {
    ...nothing,
    kernels: kernels(12),
    troubles,
    scan: {
      state: 'failed',
      at: ago(60),
      problem: {
        type: 'urn:berth:failure:source-unreachable',
        title: 'source-unreachable',
        status: 502,
        detail: 'The source at https://registry.example.org does not answer: connection refused.',
        hint: 'Check that it is up and reachable from here; images that you started before stay usable meanwhile.',
        retryable: true,
      },
    },
    launches: [
      story({
        state: 'ended',
        jobState: 'TIMEOUT',
        outcome: {
          kind: 'time-limit',
          sentence: 'The job 4211 reached its time limit of 60 minutes.',
          hint: 'Start the kernel again, with more time if it needs it; what was in memory is gone.',
          status: 1,
          jobId: jobId(4211),
          at: ago(30),
        },
      }),
    ],
    allocations: [running],
    stale: 'Slurm does not answer: connection refused. Running kernels are not affected.',
    jobs: troubledJobs,
  },
} as const satisfies Readonly<Record<string, Scene>>;
export type SceneName = keyof typeof SCENES;
