/**
 * Answers the contract of the user server from a scene, for work on the views and for tests of the client: real HTTP and
 * server-sent events, made-up cluster. Every answer is checked by the contract's own schema, so it cannot drift from it.
 *
 *     const standIn = await standInUp('many');
 *     standIn.url                       // http://127.0.0.1:PORT, below which the routes are
 *     standIn.change((scene) => ({ ...scene, stale: 'Slurm does not answer' }));
 *     standIn.events.emit({ type: 'launch', value: story(...) });
 *     await standIn.down();
 */
import { ROUTES, type Route, type RouteName } from '@berth/schema/rest';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventLog } from './event-log.ts';
import { type Answered, answers } from './answers.ts';
import { type Scene, type SceneName, SCENES } from './scenes.ts';

export interface StandIn {
  readonly url: string;
  readonly events: EventLog;
  readonly scene: Scene;
  /** what was asked, oldest first: `PUT /v1/wishes` */
  readonly asked: readonly string[];
  /** bodies of what was asked, JSON, in the same order; undefined without one */
  readonly bodies: readonly unknown[];
  change(change: (scene: Scene) => Scene): void;
  /** answer the next `count` requests with this status and no problem document, as a proxy does */
  stumble(count: number, status: number): void;
  down(): Promise<void>;
}

export async function standInUp(name: SceneName | Scene = 'empty'): Promise<StandIn> {
  let scene: Scene = typeof name === 'string' ? SCENES[name] : name;
  const events = new EventLog();
  const asked: string[] = [];
  const bodies: unknown[] = [];
  let stumbles = { count: 0, status: 502 };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const path = url.pathname.replace(/^.*\/berth(?=\/)/, '');
    const text = await bodyOf(request);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    asked.push(`${request.method} ${path}${url.search}`);
    bodies.push(body);
    if (stumbles.count > 0) {
      stumbles = { ...stumbles, count: stumbles.count - 1 };
      response.writeHead(stumbles.status, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>');
      return;
    }
    const found = routeOf(request.method ?? 'GET', path);
    if (!found)
      return sayProblem(response, { status: 404, code: 'route-unknown', detail: `no route ${path}` });
    if (found.name === 'events') {
      const last = request.headers['last-event-id'];
      return events.open(response, typeof last === 'string' ? last : undefined);
    }
    const done = answers({
      name: found.name,
      params: found.params,
      query: Object.fromEntries(url.searchParams),
      body,
      scene,
    });
    scene = done.scene ?? scene;
    send(response, ROUTES[found.name], done);
    for (const event of done.events ?? []) events.emit(event);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      sayProblem(response, { status: 500, code: 'stand-in', detail: String(error) });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    get scene() {
      return scene;
    },
    asked,
    bodies,
    change: (change) => {
      scene = change(scene);
    },
    stumble: (count, status) => {
      stumbles = { count, status };
    },
    down: async () => {
      events.drop();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, route: Route, { value, problem }: Answered): void {
  if (problem) return sayProblem(response, problem);
  if (!route.answer) return void response.writeHead(route.status).end();
  const parsed = route.answer.safeParse(value);
  if (!parsed.success)
    throw new Error(`the stand-in broke the contract of ${route.path}: ${parsed.error.message}`);
  response.writeHead(route.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(parsed.data));
}

function sayProblem(
  response: ServerResponse,
  { status, code, detail }: { status: number; code: string; detail: string },
): void {
  const problem = {
    type: `urn:berth:failure:${code}`,
    title: code,
    status,
    detail,
    hint: 'Try again.',
    retryable: true,
  };
  response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(problem));
}

function routeOf(
  method: string,
  path: string,
): { name: RouteName; params: Readonly<Record<string, string>> } | undefined {
  for (const [name, route] of Object.entries(ROUTES)) {
    if (route.method !== method.toLowerCase()) continue;
    const names = [...route.path.matchAll(/:(\w+)/g)].map(([, one]) => one ?? '');
    const match = new RegExp(`^${route.path.replace(/:\w+/g, '([^/]+)')}$`).exec(path);
    if (!match) continue;
    const params = Object.fromEntries(names.map((one, at) => [one, decodeURIComponent(match[at + 1] ?? '')]));
    return { name: name as RouteName, params };
  }
  return undefined;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
