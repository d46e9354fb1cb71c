import { Failure } from '@berth/schema';

/** All of `body`, at most `limit` bytes. @throws Failure `limit-exceeded`, naming the configured `key` */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  what: string,
  key = 'manifestBytes',
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new Failure('limit-exceeded', { what, limit, key });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
