import { createHash } from 'node:crypto';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/**
 * The floor that `introspect` is measured against: the same layers through http, sha256, createGunzip (256 KiB) and a bare
 * walk over tar headers, one after the other. No checks, no caps, nothing kept but a count.
 */
export async function scanBare(
  base: string,
  repository: string,
  layers: readonly { readonly digest: string }[],
): Promise<{ readonly entries: number; readonly bytes: number }> {
  const agent = new http.Agent({ keepAlive: true });
  let entries = 0;
  let bytes = 0;
  for (const { digest } of layers) {
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get(`${base}/v2/${repository}/blobs/${digest}`, { agent }, resolve).on('error', reject);
    });
    const hash = createHash('sha256');
    answer.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    const walk = bareWalk();
    await pipeline(answer, createGunzip({ chunkSize: 256 * 1024 }), async (plain: AsyncIterable<Buffer>) => {
      for await (const chunk of plain) walk.push(chunk);
    });
    if (`sha256:${hash.digest('hex')}` !== digest) throw new Error(`wrong bytes for ${digest}`);
    entries += walk.entries();
  }
  agent.destroy();
  return { entries, bytes };
}

function bareWalk(): { readonly push: (chunk: Buffer) => void; readonly entries: () => number } {
  let skip = 0;
  let held = Buffer.alloc(0);
  let count = 0;
  const push = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
      } else {
        const take = Math.min(512 - held.length, chunk.length - at);
        held = Buffer.concat([held, chunk.subarray(at, at + take)]);
        at += take;
        if (held.length < 512) return;
        const name = held.toString('utf8', 0, 100);
        if (name.charCodeAt(0) !== 0) {
          count += 1;
          const size = parseInt(held.toString('latin1', 124, 136), 8) || 0;
          skip = Math.ceil(size / 512) * 512;
        }
        held = Buffer.alloc(0);
      }
    }
  };
  return { push, entries: () => count };
}
