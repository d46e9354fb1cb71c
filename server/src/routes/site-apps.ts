import { Failure } from '@berth/schema';
import {
  HUB_ROUTES,
  SERVICE_ROUTES,
  type HubRouteName,
  type Route,
  type ServiceRouteName,
  type SessionStart,
  type Callback,
} from '@berth/schema/rest';
import type { Express, Request, Response } from 'express';
import type * as z from 'zod/mini';
import { checkRoute } from './check-input.ts';
import type { Log } from './log.ts';
import { demandShort, readJson } from './read-body.ts';
import type { HubServices, ServiceFace, SiteSessions } from './site-services.ts';
import { tableApp } from './table-app.ts';

interface Parts {
  readonly log: Log;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

/** What a request brings, checked by its route's schemas. */
interface Given {
  readonly params: { readonly id: string };
  readonly query: { readonly user: string; readonly after?: number; readonly watched?: '1' };
  readonly body: unknown;
}

type Answer = (given: Given, authorization: string | undefined) => unknown;

/** For the Hub's spawner; whoever reaches the socket is the Hub. */
export function createHubApp({ sessions, people }: HubServices, parts: Parts): Express {
  const answers: Readonly<Record<HubRouteName, Answer>> = {
    form: async ({ query }) => ({ html: await people.form(query.user) }),
    checkOptions: ({ body }) => {
      const { user, options } = body as { readonly user: string; readonly options?: unknown };
      return people.check(user, options);
    },
    startSession: ({ params, body }) => sessions.start(params.id, body as SessionStart),
    session: ({ params, query }) => sessions.view(params.id, { ...query, watched: query.watched === '1' }),
    stopSession: ({ params, query }) => sessions.stop(params.id, query.user),
  };
  return tableApp({
    routes: HUB_ROUTES,
    handle: (name, route) => answering(route, answers[name as HubRouteName]),
    ...parts,
  });
}

/** Below JupyterHub's proxy, for jobs and people; each request brings a token of the Hub. */
export function createServiceApp(sessions: SiteSessions, face: ServiceFace, parts: Parts): Express {
  const person = async (authorization: string | undefined): Promise<string> => face.person(authorization);
  const answers: Readonly<Record<ServiceRouteName, Answer>> = {
    callback: async ({ body }, authorization) =>
      sessions.callback(await face.server(authorization), body as z.infer<typeof Callback>),
    ownSessions: async (_, authorization) => ({ sessions: sessions.own(await person(authorization)) }),
    ownSession: async ({ params }, authorization) => sessions.ownOne(await person(authorization), params.id),
  };
  return tableApp({
    routes: SERVICE_ROUTES,
    base: face.base,
    guard: (request) => refuseOthersPages(request, face.origin),
    // the token is looked at before the body: nobody learns what it would have to be
    handle: (name, route) => {
      const answer = answering(route, answers[name as ServiceRouteName]);
      return async (request, response) => {
        await face.known(request.get('authorization'));
        return answer(request, response);
      };
    },
    ...parts,
  });
}

function answering(route: Route, answer: Answer) {
  return async (request: Request, response: Response): Promise<void> => {
    response.locals['route'] = route.path;
    demandShort(request, route.body !== undefined);
    const body = route.body ? await readJson(request) : undefined;
    const given = checkRoute(route, { params: request.params, query: request.query, body });
    // that its schemas are those of this answer, the table says
    const value = await answer(given as unknown as Given, request.get('authorization'));
    response.status(route.status);
    if (route.status === 204 || value === undefined) response.end();
    else response.json(value);
  };
}

/**
 * A page in a browser has no business here: jobs and programs send no Origin. Ours is compared as a whole, never as a beginning
 * (T29); what a form, a picture or a frame sends is told by Sec-Fetch (T28).
 */
function refuseOthersPages(request: Request, origin: string): void {
  const from = request.get('origin');
  const site = request.get('sec-fetch-site');
  const strange =
    (from !== undefined && from !== origin) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (strange || request.get('sec-fetch-mode') === 'no-cors') throw new Failure('cross-site-refused', {});
}
