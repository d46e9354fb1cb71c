import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, isFailure, type RegistrySource } from '@berth/schema';
import { isRetried, nextWait, retryAfter, WAITS } from './back-off.ts';
import { REGISTRY_LOGIN, type CredentialLookup } from './credentials.ts';
import { HttpClient, type HttpDeps } from './http-client.ts';
import { RegistryAuth } from './registry-auth.ts';

export interface RegistryClientDeps extends HttpDeps {
  readonly credentials?: CredentialLookup | undefined;
  /** waits in milliseconds between attempts; default: 250, 1000, 4000 */
  readonly waits?: readonly number[] | undefined;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD';
  /** below the registry's address, or absolute at the same origin */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** the right that is needed, e.g. `repository:lab/x:pull` */
  readonly scope: string;
  /** what it is, for failures */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** Requests to one registry: authorization, attempts with back-off, statuses told as failures. */
export class RegistryClient {
  readonly http: HttpClient;
  readonly #auth: RegistryAuth;
  readonly #waits: readonly number[];

  constructor(alias: string, config: RegistrySource, deps: RegistryClientDeps) {
    this.http = new HttpClient(alias, config, deps);
    this.#auth = new RegistryAuth(this.http, deps.credentials ?? (async () => undefined));
    this.#waits = deps.waits ?? WAITS;
  }

  /**
   * An answer with status 200, 206 or 404; the caller reads or destroys it.
   * @throws Failure `source-unreachable` | `source-denied` | `source-protocol` | `address-forbidden` | `cancelled`
   */
  async send(request: RegistryRequest): Promise<IncomingMessage> {
    const waits = [...this.#waits];
    for (;;) {
      const { answer, failure } = await this.#attempt(request);
      const status = answer?.statusCode ?? 0;
      if (answer !== undefined && !isRetried(status)) return this.#judged(answer, request);
      answer?.destroy();
      const asked = retryAfter(answer?.headers['retry-after'], Date.now());
      const wait = nextWait(waits.shift(), asked, Math.random());
      if (wait === undefined)
        throw failure ?? this.http.unreachable(new Error(`HTTP ${status}`), request.signal);
      await delay(wait, undefined, { signal: request.signal }).catch((cause: unknown) => {
        throw new Failure('cancelled', {}, { cause });
      });
    }
  }

  protocol(why: string): Failure {
    return new Failure('source-protocol', { url: this.http.base.origin, why });
  }

  async #attempt(request: RegistryRequest): Promise<{ answer?: IncomingMessage; failure?: Failure }> {
    try {
      return { answer: await this.#authorized(request) };
    } catch (error) {
      if (isFailure(error, 'source-unreachable')) return { failure: error };
      throw error;
    }
  }

  async #authorized(request: RegistryRequest): Promise<IncomingMessage> {
    const { scope, signal } = request;
    const first = await this.#once(request, this.#auth.headerFor(scope));
    const challenge = first.headers['www-authenticate'];
    if (first.statusCode !== 401 || challenge === undefined) return first;
    first.destroy();
    const header = await this.#auth.answer(scope, challenge, signal);
    return header === undefined ? first : this.#once(request, header);
  }

  async #once(request: RegistryRequest, authorization: string | undefined): Promise<IncomingMessage> {
    const { method, path, headers, signal } = request;
    const url = URL.parse(path, this.http.base.href);
    if (url?.origin !== this.http.base.origin) throw this.protocol('a path to another host');
    const all = { ...headers, ...(authorization === undefined ? {} : { authorization }) };
    return this.http.send({ method, url, headers: all, signal });
  }

  #judged(answer: IncomingMessage, request: RegistryRequest): IncomingMessage {
    const status = answer.statusCode ?? 0;
    if (status === 200 || status === 206 || status === 404) return answer;
    answer.destroy();
    if (status === 401 || status === 403) {
      const { origin: url } = this.http.base;
      throw new Failure('source-denied', { url, what: request.what, http: status, login: REGISTRY_LOGIN });
    }
    throw this.protocol(`HTTP ${status} for ${request.what}`);
  }
}
