import { Failure } from '@berth/schema';
import type { Request, Response } from 'express';
import type { EventHub } from './event-hub.ts';

const MEDIA = 'text/event-stream';

/** Answer with events until one side ends. @throws Failure `answer-not-acceptable`, `server-busy` */
export function streamEvents(events: EventHub, request: Request, response: Response): void {
  if (!request.accepts(MEDIA)) throw new Failure('answer-not-acceptable', { media: MEDIA });
  if (events.full) throw new Failure('server-busy', { what: 'listeners' });
  // not by Express, which would name a charset
  response.writeHead(200, {
    'Content-Type': MEDIA,
    'Cache-Control': 'no-store, no-transform',
    // read by nginx, which would hold events back
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stop = events.listen(
    {
      pending: () => response.writableLength,
      write: (text) => void response.write(text),
      drop: () => response.destroy(),
    },
    request.get('last-event-id'),
  );
  response.on('close', stop);
  // somebody who went away while something was written
  response.on('error', stop);
}
