import type * as z from 'zod/mini';
import { AllocationList } from './allocations.ts';
import { JobId } from '../allocation.ts';
import {
  BatchId,
  IndexText,
  JobDetail,
  JobList,
  JobLog,
  JobLogQuery,
  JobOutput,
  JobSubmission,
  JobView,
} from './jobs.ts';
import { KernelDetail, KernelName, KernelPage, KernelQuery, Troubles } from './kernels.ts';
import { LaunchAnswer, LaunchId, LaunchList, LaunchLog, LaunchStory } from './launches.ts';
import { ScanState } from './scan.ts';
import { ServerStatus } from './status.ts';
import { ProfileList, StandingWish, Wish, WishQuery } from './wishes.ts';

/** One route. GETs change nothing; whatever changes something is another method, which Jupyter guards against XSRF. */
export interface Route {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** below `<base_url>/berth`; `:name` stands for a parameter */
  readonly path: string;
  readonly summary: string;
  readonly params?: Readonly<Record<string, z.ZodMiniType>>;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  /** status and body of success; without a body it is 204, or 202 when it has only begun */
  readonly status: 200 | 202 | 204;
  readonly answer?: z.ZodMiniType;
  /** other than application/json */
  readonly media?: 'text/event-stream' | 'text/plain';
}

/** Every route of the user server, in one table: Express, the OpenAPI document, the client and the security tests read it. */
export const ROUTES = {
  status: {
    method: 'get',
    path: '/v1/status',
    summary: 'Who answers.',
    status: 200,
    answer: ServerStatus,
  },
  openapi: { method: 'get', path: '/v1/openapi.json', summary: 'This document.', status: 200 },
  metrics: {
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus.',
    status: 200,
    media: 'text/plain',
  },
  events: {
    method: 'get',
    path: '/v1/events',
    summary: 'What changes, as server-sent events; resumes after Last-Event-ID.',
    status: 200,
    media: 'text/event-stream',
  },
  kernels: {
    method: 'get',
    path: '/v1/kernels',
    summary: 'A page of all kernels that were found, offered or not.',
    query: KernelQuery,
    status: 200,
    answer: KernelPage,
  },
  kernel: {
    method: 'get',
    path: '/v1/kernels/:name',
    summary: 'All that is known of one kernel.',
    params: { name: KernelName },
    status: 200,
    answer: KernelDetail,
  },
  offer: {
    method: 'put',
    path: '/v1/kernels/:name/kernelspec',
    summary: 'Write the kernelspec of a kernel, so that Jupyter offers it.',
    params: { name: KernelName },
    status: 204,
  },
  withdraw: {
    method: 'delete',
    path: '/v1/kernels/:name/kernelspec',
    summary: 'Remove the kernelspec of a kernel; it stays in the catalogue.',
    params: { name: KernelName },
    status: 204,
  },
  troubles: {
    method: 'get',
    path: '/v1/troubles',
    summary: 'Sources that do not answer and images that offer nothing, with the reason.',
    status: 200,
    answer: Troubles,
  },
  scan: {
    method: 'get',
    path: '/v1/scan',
    summary: 'Whether all sources are being looked into, and how far.',
    status: 200,
    answer: ScanState,
  },
  startScan: {
    method: 'post',
    path: '/v1/scan',
    summary: 'Look into all sources again; one that is under way goes on.',
    status: 202,
    answer: ScanState,
  },
  stopScan: { method: 'delete', path: '/v1/scan', summary: 'Stop looking.', status: 204 },
  profiles: {
    method: 'get',
    path: '/v1/profiles',
    summary: "The site's templates of resources.",
    status: 200,
    answer: ProfileList,
  },
  wish: {
    method: 'get',
    path: '/v1/wishes',
    summary: 'What a start of this kernel for this notebook would ask of Slurm.',
    query: WishQuery,
    status: 200,
    answer: StandingWish,
  },
  setWish: {
    method: 'put',
    path: '/v1/wishes',
    summary: 'Choose the resources of a notebook and agree that a job is submitted so.',
    body: Wish,
    status: 200,
    answer: StandingWish,
  },
  launches: {
    method: 'get',
    path: '/v1/launches',
    summary: 'The starts of kernels: those that run, and how the last ones ended.',
    status: 200,
    answer: LaunchList,
  },
  launch: {
    method: 'get',
    path: '/v1/launches/:id',
    summary: 'One start.',
    params: { id: LaunchId },
    status: 200,
    answer: LaunchStory,
  },
  launchLog: {
    method: 'get',
    path: '/v1/launches/:id/log',
    summary: 'The last lines that were said during one start.',
    params: { id: LaunchId },
    status: 200,
    answer: LaunchLog,
  },
  answerLaunch: {
    method: 'post',
    path: '/v1/launches/:id/answer',
    summary: 'Let a start that asks go on, or not.',
    params: { id: LaunchId },
    body: LaunchAnswer,
    status: 204,
  },
  cancelLaunch: {
    method: 'delete',
    path: '/v1/launches/:id',
    summary: 'Cancel a start, or end its kernel; one that has ended is forgotten.',
    params: { id: LaunchId },
    status: 204,
  },
  allocations: {
    method: 'get',
    path: '/v1/allocations',
    summary: "The person's Slurm jobs that Berth made.",
    status: 200,
    answer: AllocationList,
  },
  endAllocation: {
    method: 'delete',
    path: '/v1/allocations/:jobId',
    summary: 'End one of these jobs, and all kernels in it.',
    params: { jobId: JobId },
    status: 202,
  },
  jobs: {
    method: 'get',
    path: '/v1/jobs',
    summary: 'The notebooks that the person submitted as batch jobs.',
    status: 200,
    answer: JobList,
  },
  submitJob: {
    method: 'put',
    path: '/v1/jobs/:id',
    summary:
      'Submit a notebook, or one that was submitted once more; the id is new and random, and the same id twice is one job.',
    params: { id: BatchId },
    body: JobSubmission,
    status: 200,
    answer: JobView,
  },
  job: {
    method: 'get',
    path: '/v1/jobs/:id',
    summary: 'One of these with all its elements.',
    params: { id: BatchId },
    status: 200,
    answer: JobDetail,
  },
  jobLog: {
    method: 'get',
    path: '/v1/jobs/:id/elements/:index/log',
    summary: 'A part of what was said during the newest attempt of an element.',
    params: { id: BatchId, index: IndexText },
    query: JobLogQuery,
    status: 200,
    answer: JobLog,
  },
  jobOutput: {
    method: 'get',
    path: '/v1/jobs/:id/elements/:index/output',
    summary: 'The notebook of an element with its outputs so far; nothing in it may be trusted.',
    params: { id: BatchId, index: IndexText },
    status: 200,
    answer: JobOutput,
  },
  cancelJob: {
    method: 'delete',
    path: '/v1/jobs/:id',
    summary: 'End a job, of a sweep all its elements; what it has written stays.',
    params: { id: BatchId },
    status: 202,
  },
  cancelJobElement: {
    method: 'delete',
    path: '/v1/jobs/:id/elements/:index',
    summary: 'End one element of a job; what it has written stays.',
    params: { id: BatchId, index: IndexText },
    status: 202,
  },
  removeJob: {
    method: 'delete',
    path: '/v1/jobs/:id/files',
    summary: 'Remove a job that is over from the list, with its outputs and logs.',
    params: { id: BatchId },
    status: 204,
  },
} as const satisfies Readonly<Record<string, Route>>;
export type RouteName = keyof typeof ROUTES;
