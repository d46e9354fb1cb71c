import { Failure } from '@berth/schema';
import type { Route } from '@berth/schema/rest';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Log } from './log.ts';
import { failureOf } from './problem-of.ts';

export interface TableAppParts {
  readonly routes: Readonly<Record<string, Route>>;
  /** in front of each path, without a slash at its end */
  readonly base?: string;
  /** before anything else; throws a Failure */
  readonly guard?: (request: Request) => void;
  readonly handle: (name: string, route: Route) => (request: Request, response: Response) => Promise<void>;
  readonly log: Log;
  /** one observation for each request; `method` and `route` are of closed lists */
  readonly observe?: (method: string, route: string, status: number, seconds: number) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** Every route of a table over HTTP, and a problem document for whatever else. */
export function tableApp(parts: TableAppParts): Express {
  const { routes, base = '', guard, handle } = parts;
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
  if (guard !== undefined)
    app.use((request, _, next) => {
      guard(request);
      next();
    });
  for (const [name, route] of Object.entries(routes))
    app[route.method](base + route.path, handle(name, route));
  refuseOtherMethods(app, Object.values(routes), base);
  app.use(() => {
    throw new Failure('route-unknown', {});
  });
  app.use((error: unknown, request: Request, response: Response, _: NextFunction) =>
    answerProblem(parts, error, request, response),
  );
  return app;
}

/** An address of the table with another method. OPTIONS too: nobody else's page shall come here (T28). */
function refuseOtherMethods(app: Express, all: readonly Route[], base: string): void {
  for (const path of new Set(all.map((route) => route.path))) {
    const methods = all.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(base + path, (request, response) => {
      response.set('Allow', allowed);
      throw new Failure('method-refused', { allowed, method: request.method });
    });
  }
}

function answerProblem(
  { log, now }: TableAppParts,
  error: unknown,
  request: Request,
  response: Response,
): void {
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
function watch({ log, observe, now }: TableAppParts, { method }: Request, response: Response): void {
  const began = now();
  response.once('close', () => {
    const { route, failure } = response.locals as { route?: string; failure?: string };
    const name = route ?? 'unknown';
    const status = response.writableFinished ? response.statusCode : 499;
    const ms = now() - began;
    if (name !== 'events') observe?.(METHODS.has(method) ? method : 'other', name, status, ms / 1000);
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
