import type { Response } from 'express';
import { createHash } from 'node:crypto';

interface Page {
  readonly bytes: Buffer;
  readonly tag: string;
}

/**
 * Sends a page of the catalogue, which is the same object while nothing has changed, as the same bytes with the same tag:
 * hundreds of clients that ask for it cost one rendering. Whoever has it gets 304.
 */
export function pageCache(): { send(page: object, response: Response): void } {
  const known = new WeakMap<object, Page>();
  const render = (page: object): Page => {
    const bytes = Buffer.from(JSON.stringify(page));
    const tag = `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    return { bytes, tag };
  };
  const remember = (page: object): Page => {
    const rendered = render(page);
    known.set(page, rendered);
    return rendered;
  };
  return {
    send: (page, response) => {
      const { bytes, tag } = known.get(page) ?? remember(page);
      // it may be kept, but must be asked for
      response.set({ 'Cache-Control': 'private, no-cache', ETag: tag });
      response.type('application/json').send(bytes);
    },
  };
}
