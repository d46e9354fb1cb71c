import * as z from 'zod/mini';
import { AllocationList } from './allocations.ts';
import { BatchId, JobView } from './jobs.ts';
import { LaunchId, LaunchStory } from './launches.ts';
import { ScanState } from './scan.ts';

/**
 * What `GET /v1/events` sends: server-sent events named by `type`, whose data is `value` as JSON. Ids are
 * `INSTANCE-NUMBER`; after a break a client sends the last one and gets what it missed, or one `reset` when that is no
 * longer known (server restarted, too long ago): it then reads everything anew. Source: HTML, "Server-sent events".
 */
export const ServerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('launch'), value: LaunchStory }),
  z.object({ type: z.literal('launch-forgotten'), value: z.object({ id: LaunchId }) }),
  /** its log has grown, by one line or more: whoever shows it reads it anew. Not told to those who were away */
  z.object({ type: z.literal('launch-log'), value: z.object({ id: LaunchId }) }),
  z.object({ type: z.literal('allocations'), value: AllocationList }),
  /** a notebook that was submitted came into another state, or further */
  z.object({ type: z.literal('job'), value: JobView }),
  z.object({ type: z.literal('job-forgotten'), value: z.object({ id: BatchId }) }),
  z.object({ type: z.literal('scan'), value: ScanState }),
  /** the catalogue has changed: read it anew */
  z.object({ type: z.literal('kernels'), value: z.object({ revision: z.string() }) }),
  /** kernelspecs were written or removed: Jupyter should look again */
  z.object({ type: z.literal('kernelspecs'), value: z.object({}) }),
  z.object({ type: z.literal('reset'), value: z.object({}) }),
]);
export type ServerEvent = z.infer<typeof ServerEvent>;
export const EVENT_TYPES = [
  'launch',
  'launch-forgotten',
  'launch-log',
  'allocations',
  'job',
  'job-forgotten',
  'scan',
  'kernels',
  'kernelspecs',
  'reset',
] as const satisfies readonly ServerEvent['type'][];
