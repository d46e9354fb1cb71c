import { Failure, isFailure } from '@berth/schema';

/** Why the system did not write, for people. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'it may not be written',
};

/** One of them, for an error of a write; else what the error says itself. */
export function whyNotWritten({ code = '', message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? message;
}

/** Do what writes kernelspecs. @throws Failure `kernelspec-not-written` for whatever the file system says */
export async function orNotWritten<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isFailure(cause) || typeof cause !== 'object' || cause === null || !('errno' in cause)) throw cause;
    const why = whyNotWritten(cause as NodeJS.ErrnoException);
    throw new Failure('kernelspec-not-written', { path: directory, why }, { cause });
  }
}
