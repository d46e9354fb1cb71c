import { ROUTES, type Route, type RouteName } from '@berth/schema/rest';
import type * as z from 'zod/mini';
import { addressOf } from './address.ts';
import type { Send } from './send.ts';
import { ServerClock } from './server-clock.ts';
import { isLoginPage, problemOf, strangeResponse, unreachable, unreadable } from './server-problem.ts';

type Routes = typeof ROUTES;
type Part<R, K extends string, T> = R extends Record<K, unknown> ? Readonly<Record<K, T>> : unknown;
type Query<R> = R extends { query: infer S extends z.ZodMiniType }
  ? { readonly query?: z.input<S> }
  : unknown;
type Body<R> = R extends { body: infer S extends z.ZodMiniType } ? { readonly body: z.input<S> } : unknown;
type Params<R> = R extends { params: infer P }
  ? Part<R, 'params', { readonly [K in keyof P]: string }>
  : unknown;
export type CallInput<N extends RouteName> = Params<Routes[N]> & Query<Routes[N]> & Body<Routes[N]>;
export type CallAnswer<N extends RouteName> = Routes[N] extends { answer: infer S extends z.ZodMiniType }
  ? z.output<S>
  : undefined;
type Arguments<N extends RouteName> = unknown extends CallInput<N> ? [] : [CallInput<N>];

/** Milliseconds before each further attempt. A killed server is back within about 1.2 s; the proxy itself waits longer. */
const AGAIN_AFTER = [250, 1000, 3000] as const;
export type Pause = (milliseconds: number) => Promise<void>;
const pauseFor: Pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * The user server's routes as one typed call. Every route may be repeated without harm (each says what shall be, not what
 * to add; the server knows an answer and a cancelling that come twice), so a request that met the server just while it was down is sent again, and nobody sees a failed action.
 */
export class BerthClient {
  readonly clock = new ServerClock();
  readonly #send: Send;
  readonly #pause: Pause;

  constructor(send: Send, pause: Pause = pauseFor) {
    this.#send = send;
    this.#pause = pause;
  }

  /** @throws ServerProblem */
  async call<N extends RouteName>(name: N, ...[input]: Arguments<N>): Promise<CallAnswer<N>> {
    const route: Route = ROUTES[name];
    const { params, query, body } = (input ?? {}) as Parameters<typeof addressOf>[1] & { body?: unknown };
    const path = addressOf(route, { ...(params && { params }), ...(query && { query }) });
    const response = await this.#sendUntilHeard(path, {
      method: route.method.toUpperCase(),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    if (!response.ok || isLoginPage(response)) throw (await problemOf(response)) ?? strangeResponse(response);
    if (!route.answer) return undefined as CallAnswer<N>;
    const parsed = route.answer.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw unreadable(name, parsed.error);
    return parsed.data as CallAnswer<N>;
  }

  /** The stream of events after `last`; the caller reads it, and reconnects. @throws ServerProblem */
  async events(last: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send(ROUTES.events.path, {
      signal,
      // exactly this: the proxy streams for no other value
      headers: { Accept: 'text/event-stream', ...(last === undefined ? {} : { 'Last-Event-ID': last }) },
    }).catch((error: unknown) => {
      throw unreachable(error);
    });
    if (!response.ok || !response.body || isLoginPage(response))
      throw (await problemOf(response)) ?? strangeResponse(response);
    this.clock.hear(response);
    return response.body;
  }

  async #sendUntilHeard(path: string, init: RequestInit): Promise<Response> {
    let cause: unknown;
    for (const wait of [0, ...AGAIN_AFTER]) {
      if (wait > 0) await this.#pause(wait);
      try {
        const response = await this.#send(path, init);
        this.clock.hear(response);
        if (response.status < 500 || saysProblem(response)) return response;
        cause = response.status;
      } catch (error) {
        cause = error;
      }
    }
    throw unreachable(cause);
  }
}

const saysProblem = (response: Response): boolean =>
  (response.headers.get('Content-Type') ?? '').startsWith('application/problem+json');
