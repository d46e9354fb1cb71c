import { Failure } from '@berth/schema';
import type { IncomingMessage } from 'node:http';

/** Bytes of a request's body (T33). The largest that we take is a notebook's path with its resources. */
export const BODY_LIMIT = 64 * 1024;
const JSON_TYPE = 'application/json';

/**
 * Refuse a body that says itself to be too long, or does not say how long it is where none is wanted: Node would read all of it
 * after the answer, to get at the next request.
 * @throws Failure `body-too-long`, `request-invalid`
 */
export function demandShort({ headers }: Pick<IncomingMessage, 'headers'>, wanted: boolean): void {
  if (Number(headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLong();
  if (!wanted && headers['transfer-encoding'] !== undefined)
    throw new Failure('request-invalid', { why: 'it has a body, which this address does not take' });
}

/**
 * The JSON of a request. Refused was express.json(): it reads all of a body that is too long before it says so.
 * @throws Failure `media-type-refused`, `body-too-long`, `request-invalid`
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  // no compression either: nothing of ours sends it, and it hides how long a body is
  if (type.trim().toLowerCase() !== JSON_TYPE || request.headers['content-encoding'] !== undefined)
    throw new Failure('media-type-refused', { media: JSON_TYPE });
  const text = await readText(request);
  try {
    return JSON.parse(text);
  } catch {
    // without the cause: its message quotes the body
    throw new Failure('request-invalid', { why: 'its body is not JSON' });
  }
}

function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
      else {
        request.pause();
        reject(tooLong());
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

const tooLong = (): Failure => new Failure('body-too-long', { limit: BODY_LIMIT });
