import { ROUTES, type Route, type RouteName } from '@berth/schema/rest';
import type { Express, Request, Response } from 'express';
import { checkInput } from './check-input.ts';
import type { EventHub } from './event-hub.ts';
import { streamEvents } from './event-stream.ts';
import { handlersOf } from './handlers.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { pageCache } from './page-cache.ts';
import { demandShort, readJson } from './read-body.ts';
import type { SavedOutput, Services } from './services.ts';
import { tableApp } from './table-app.ts';

export interface AppParts {
  readonly services: Services;
  readonly events: EventHub;
  readonly metrics: Metrics;
  readonly log: Log;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** The user server over HTTP. */
export function createApp(parts: AppParts): Express {
  const { log, metrics, now } = parts;
  const handle = routeHandlers(parts);
  return tableApp({
    routes: ROUTES,
    handle: (name) => handle(name as RouteName),
    log,
    observe: (...seen) => metrics.request(...seen),
    now,
  });
}

/** The notebook's bytes as they are, inside what is ours: to parse a large one would hold up everybody else (I8). */
function sendOutput({ notebook, ...rest }: SavedOutput, response: Response): void {
  const head = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"notebook":`);
  response.type('application/json').send(Buffer.concat([head, notebook, Buffer.from('}')]));
}

function routeHandlers({ services, events, metrics }: AppParts) {
  const handlers = handlersOf(services);
  const pages = pageCache();
  return (name: RouteName) =>
    async (request: Request, response: Response): Promise<void> => {
      const route: Route = ROUTES[name];
      response.locals['route'] = name;
      demandShort(request, route.body !== undefined);
      if (name === 'events') return streamEvents(events, request, response);
      if (name === 'metrics') {
        response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
        return;
      }
      const body = route.body ? await readJson(request) : undefined;
      // which route it is has been seen; that input and handler are of the same one, types cannot say
      const handler: (input: never) => unknown = handlers[name];
      const input = checkInput(name, { params: request.params, query: request.query, body });
      const answer = await handler(input as never);
      response.status(route.status);
      if (route.status === 204 || answer === undefined) response.end();
      else if (name === 'kernels') pages.send(answer as object, response);
      else if (name === 'jobOutput') sendOutput(answer as SavedOutput, response);
      else response.json(answer);
    };
}
