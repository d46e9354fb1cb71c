import { Failure } from '@berth/schema';
import { ROUTES, type Route, type RouteName } from '@berth/schema/rest';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { checkInput } from './check-input.ts';
import type { EventHub } from './event-hub.ts';
import { streamEvents } from './event-stream.ts';
import { handlersOf } from './handlers.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { pageCache } from './page-cache.ts';
import { failureOf } from './problem-of.ts';
import { demandShort, readJson } from './read-body.ts';
import type { Services } from './services.ts';

export interface AppParts {
  readonly services: Services;
  readonly events: EventHub;
  readonly metrics: Metrics;
  readonly log: Log;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** The user server over HTTP: every route of the table, and a problem document for whatever else. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  // strings only: `a[b]=c` is a key of that name, which no schema knows
  app.set('query parser', 'simple');
  // pages of the catalogue have their own; the rest is not to be kept anywhere
  app.disable('etag');
  // one address for one thing
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use((request, response, next) => {
    watch(parts, request, response);
    next();
  });
  // whether a host is reached by https only is for the site to say: we answer below the address of its Jupyter
  app.use(helmet({ strictTransportSecurity: false }));
  app.use((_, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  const handle = routeHandlers(parts);
  for (const [name, { method, path }] of Object.entries(ROUTES) as [RouteName, Route][])
    app[method](path, handle(name));
  refuseOtherMethods(app);
  app.use(() => {
    throw new Failure('route-unknown', {});
  });
  app.use((error: unknown, request: Request, response: Response, _: NextFunction) =>
    answerProblem(parts, error, request, response),
  );
  return app;
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
      else response.json(answer);
    };
}

/** An address of the table with another method. OPTIONS too: nobody else's page shall come here (T28). */
function refuseOtherMethods(app: Express): void {
  const all = Object.values(ROUTES) as Route[];
  for (const path of new Set(all.map((route) => route.path))) {
    const methods = all.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(path, (request, response) => {
      response.set('Allow', allowed);
      throw new Failure('method-refused', { allowed, method: request.method });
    });
  }
}

function answerProblem({ log, now }: AppParts, error: unknown, request: Request, response: Response): void {
  if (request.destroyed && !request.complete) {
    // whoever asked has gone in the middle of it: nothing of ours has failed
    response.destroy();
    return;
  }
  const failure = failureOf(error, new Date(now()).toISOString());
  response.locals['failure'] = failure.code;
  if (failure.code === 'fault') {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
    log.error('fault', { name, message, at: frames.slice(0, 3).join(' ') });
  }
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const problem = failure.toProblem();
  response.status(problem.status).set('Cache-Control', 'no-store');
  // what is left of a body is not read, and the connection of no more use
  if (!request.complete) response.set('Connection', 'close');
  if (failure.sheet.retryable && problem.status === 503) response.set('Retry-After', '5');
  response.type('application/problem+json').send(JSON.stringify(problem));
}

/** One line and one observation for each request, by the route's name: addresses may hold what is nobody's business (T34). */
function watch({ log, metrics, now }: AppParts, { method }: Request, response: Response): void {
  const began = now();
  response.once('close', () => {
    const { route, failure } = response.locals as { route?: string; failure?: string };
    const name = route ?? 'unknown';
    const status = response.writableFinished ? response.statusCode : 499;
    const ms = now() - began;
    if (name !== 'events') metrics.request(METHODS.has(method) ? method : 'other', name, status, ms / 1000);
    const level = levelOf(method, response.statusCode);
    log[level]('request', { method, route: name, status, ms: Math.round(ms), failure });
  });
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']);

function levelOf(method: string, status: number): 'debug' | 'info' | 'warn' | 'error' {
  if (status >= 500) return 'error';
  if (status >= 400) return 'warn';
  return method === 'GET' || method === 'HEAD' ? 'debug' : 'info';
}
