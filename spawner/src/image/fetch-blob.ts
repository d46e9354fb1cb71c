import { open, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { Digest, Repository } from '@berth/schema';
import type { BlobSource } from './blob-source.ts';
import { readBlob, type ReadBlobOptions } from './read-blob.ts';

/**
 * A blob into the file `path`, verified while it streams. The bytes go to a file of another name beside it, which becomes
 * `path` (fsync, rename) only when size and digest were right; on any failure nothing stays.
 * @throws Failure as `readBlob`; a file system error as it is
 */
export async function fetchBlob(
  source: BlobSource,
  repository: Repository,
  blob: { readonly digest: Digest; readonly size: number },
  path: string,
  options: ReadBlobOptions,
): Promise<void> {
  const part = `${path}.${randomBytes(6).toString('hex')}.part`;
  const file = await open(part, 'wx', 0o600);
  try {
    for await (const chunk of readBlob(source, repository, blob, options)) await writeAll(file, chunk);
    await file.sync();
    await file.close();
    await rename(part, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}
