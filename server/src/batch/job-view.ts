import type { Parameters } from '@berth/schema';
import { SHOWN_FAILING, type ElementState, type JobElement, type JobView } from '@berth/schema/rest';
import { basename, isAbsolute, relative, sep } from 'node:path';
import { isOverState } from './element-story.ts';
import type { StoredJob } from './job-store.ts';

/** Of all elements together, the first that one of them is in; whatever went wrong comes before what went well. */
const ORDER: readonly ElementState[] = [
  'running',
  'starting',
  'queued',
  'failed',
  'timed-out',
  'cancelled',
  'lost',
  'completed',
];

/** The job as the panel shows it. Pure. @param root Jupyter's root, absolute; undefined without a Jupyter */
export function jobView(
  { record, slurm }: StoredJob,
  elements: readonly JobElement[],
  parameters: readonly Parameters[],
  root: string | undefined,
): JobView {
  const counts: Partial<Record<ElementState, number>> = {};
  for (const { state } of elements) counts[state] = (counts[state] ?? 0) + 1;
  const path = pathBelow(root, record.notebook);
  const wrong = elements.filter(({ state }) => isOverState(state) && state !== 'completed');
  const shown = record.sweep === undefined ? elements.slice(0, 1) : wrong.slice(0, SHOWN_FAILING);
  return {
    id: record.id,
    ...(slurm.jobId !== undefined && { jobId: slurm.jobId }),
    name: basename(record.notebook),
    ...(path !== undefined && { path }),
    kernel: { name: record.kernel.name, displayName: record.kernel.displayName },
    resources: record.resources,
    submitted: record.submitted,
    state: ORDER.find((state) => counts[state] !== undefined) ?? 'lost',
    ...(record.sweep !== undefined && { sweep: record.sweep }),
    counts,
    shown: shown.map((element) => ({ ...element, parameters: parameters[element.index] ?? {} })),
  };
}

/** By components, not as a prefix (T30). */
function pathBelow(root: string | undefined, file: string): string | undefined {
  if (root === undefined) return undefined;
  const path = relative(root, file);
  const outside = path === '' || isAbsolute(path) || path.split(sep).includes('..');
  return outside || path.length > 4096 || /\p{Cc}/u.test(path) ? undefined : path;
}
