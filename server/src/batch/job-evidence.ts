import { AttemptStatus } from '@berth/schema';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_EVIDENCE, type Evidence } from './element-story.ts';
import type { JobPaths } from './job-paths.ts';
import { readRegular } from './own-file.ts';

const MOST_STATUS = 64 * 1024;

export const attemptPlace = ({ elements }: JobPaths, index: number, attempt: number): string =>
  join(elements, String(index), `attempt-${attempt}`);

/** Numbers of an element's attempts, the newest first. */
export async function attemptsOf(paths: JobPaths, index: number): Promise<readonly number[]> {
  const names = await readdir(join(paths.elements, String(index))).catch(() => []);
  const numbers = names.flatMap((name) => /^attempt-([0-9]{1,6})$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => b - a);
}

/** What the node has written of one element: its newest attempt. Whatever cannot be read is as if it were not there yet. */
export async function readEvidence(paths: JobPaths, index: number): Promise<Evidence> {
  const numbers = await attemptsOf(paths, index);
  const [attempt] = numbers;
  if (attempt === undefined) return NO_EVIDENCE;
  const place = attemptPlace(paths, index, attempt);
  // the directory first: having opened it, a client of NFS looks anew for what is in it
  const files = await readdir(place, { withFileTypes: true }).catch(() => []);
  const output = files.some((file) => file.name === 'output.ipynb' && file.isFile());
  const status = await readStatus(join(place, 'status.json'));
  return { attempts: numbers.length, attempt, status, output };
}

async function readStatus(path: string): Promise<AttemptStatus | undefined> {
  try {
    return AttemptStatus.safeParse(JSON.parse((await readRegular(path, MOST_STATUS)).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
