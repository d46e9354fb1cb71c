import { JobElement } from '@berth/schema/rest';
import { lstat, rm } from 'node:fs/promises';
import * as z from 'zod/mini';
import { readRegular, replaceFile } from './own-file.ts';

/** Bytes: a name, a state and an error for each of ten thousand elements. */
const MOST_BYTES = 64 * 1024 * 1024;

const Outcome = z.readonly(z.array(JobElement));

/**
 * How all elements of a job ended, kept beside what they were read from: a list of years is then one file a job, and not several for each
 * element, which a network file system takes minutes for.
 * @returns undefined when nothing is kept, or nothing in order
 */
export async function readOutcome(path: string, count: number): Promise<readonly JobElement[] | undefined> {
  try {
    const text = (await readRegular(path, MOST_BYTES)).toString('utf8');
    const { data } = Outcome.safeParse(JSON.parse(text));
    return data?.length === count ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Where it cannot be written (a quota), it is read from the elements again. @returns whether it was written */
export const keepOutcome = (path: string, elements: readonly JobElement[]): Promise<boolean> =>
  replaceFile(path, JSON.stringify(elements)).then(
    () => true,
    () => false,
  );

/** Whether what was kept holds: the node takes it away when it begins an attempt anew. What cannot be told says nothing. */
export const outcomeHolds = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

/** It is begun anew. */
export const dropOutcome = (path: string): Promise<void> => rm(path, { force: true });
