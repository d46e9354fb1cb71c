import { Failure, isFailure, shortDigest, type Digest } from '@berth/schema';

/** errno name of a system error, '' of anything else. By its shape: an error may come from another realm (vm). */
export const errorCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

const NO_ROOM = /No space left on device|Disk quota exceeded/;

/** Whether a line that a program wrote (in the C locale) says that a disk or quota is full. */
export const saysNoRoom = (line: string): boolean => NO_ROOM.test(line);

/** What a failed making is called. Failures (of blobs, layers, limits) pass as they are. */
export function storeFailure(error: unknown, store: string, digest: Digest, signal?: AbortSignal): Failure {
  if (signal?.aborted) return new Failure('cancelled', {}, { cause: error });
  if (isFailure(error)) return error;
  const why = messageOf(error);
  if (['ENOSPC', 'EDQUOT'].includes(errorCode(error)) || saysNoRoom(why)) {
    return new Failure('store-full', { path: store, why }, { cause: error });
  }
  return new Failure('rootfs-failed', { digest: shortDigest(digest), why }, { cause: error });
}
