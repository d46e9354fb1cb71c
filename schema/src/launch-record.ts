import { LAUNCH_RECORD_VERSION } from './berth-file.ts';
import type { LaunchRecord } from './kernel-spec.ts';

const SECTIONS = [
  'image',
  'kernel',
  'resources',
  'source',
  'store',
  'slurm',
  'node',
  'container',
  'limits',
] as const;

/**
 * Reads a launch record on the way of a start. It was validated by its schema when it was written, by us, into a
 * directory of the person's own; building all those schemas again takes 12 ms of a start that has 60, twice. So only
 * what can differ is looked at: version and completeness. `LaunchRecord` is the full schema.
 * @param mine whether the file belongs to root or to the person who starts the kernel
 * @returns the record, or in one sentence why it is none
 */
export function readLaunchRecord(text: string, mine: boolean): LaunchRecord | string {
  if (!mine) return 'it belongs to another user';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : 'not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'not an object';
  const record = value as Partial<Record<string, unknown>>;
  if (record['version'] !== LAUNCH_RECORD_VERSION) return `its version is not ${LAUNCH_RECORD_VERSION}`;
  const missing = SECTIONS.find((name) => typeof record[name] !== 'object' || record[name] === null);
  return missing === undefined ? (value as LaunchRecord) : `it has no ${missing}`;
}
