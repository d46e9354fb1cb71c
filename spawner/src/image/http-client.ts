import { lookup as dnsLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import { Failure, isFailure, type RegistrySource } from '@berth/schema';
import { isPublicAddress, judgeTarget } from './address-policy.ts';
import { sendBody } from './send-body.ts';

/** How the client reaches the network; a test that must not dial gives recording ones. */
export interface HttpDeps {
  /** host name -> IP addresses; the connection goes to one of these and is not looked up again (re-binding, T17) */
  readonly resolveAddress?: ((host: string) => Promise<readonly string[]>) | undefined;
  readonly dial?: ((target: { readonly host: string; readonly port: number }) => Duplex) | undefined;
}

/** Of a source's configuration what its connections depend on. */
export type HttpPlace = Pick<RegistrySource, 'url' | 'timeout' | 'allowHosts'>;

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable | undefined;
  /** hand a redirect out as it is; default false */
  readonly stay?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const MAX_HOPS = 5;
const REDIRECTS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

/**
 * HTTP to one configured source and to where it sends us, each hop judged before a name is looked up and each address
 * before it is dialled. `node:http` with kept connections: measured faster than fetch for large blobs.
 */
export class HttpClient {
  readonly base: URL;
  readonly #alias: string;
  readonly #config: HttpPlace;
  readonly #deps: HttpDeps;
  readonly #plain: http.Agent;
  readonly #secure: https.Agent;

  constructor(alias: string, config: HttpPlace, deps: HttpDeps) {
    this.base = new URL(config.url);
    this.#alias = alias;
    this.#config = config;
    this.#deps = deps;
    const options = { keepAlive: true, maxSockets: 16, scheduling: 'lifo' } as const;
    this.#plain = new http.Agent(options);
    this.#secure = new https.Agent(options);
    const { dial } = deps;
    if (dial !== undefined) {
      for (const agent of [this.#plain, this.#secure]) {
        agent.createConnection = ({ host, port }) => dial({ host: host ?? '', port: Number(port) });
      }
    }
  }

  /** The answer after redirects, whatever its status. Authorization goes to the first host only (T18). */
  async send(request: HttpRequest): Promise<http.IncomingMessage> {
    let { url, headers } = request;
    for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
      const answer = await this.#sendOnce({ ...request, url, headers });
      const location = answer.headers.location;
      const followed = request.stay !== true && (request.method === 'GET' || request.method === 'HEAD');
      if (!REDIRECTS.has(answer.statusCode) || location === undefined || !followed) return answer;
      answer.destroy();
      const next = URL.parse(location, url.href);
      if (next === null) throw this.#protocol('a redirect to something that is not an address');
      if (next.origin !== url.origin) headers = withoutAuthorization(headers);
      url = next;
    }
    throw this.#protocol(`more than ${MAX_HOPS} redirects`);
  }

  async #sendOnce(request: HttpRequest): Promise<http.IncomingMessage> {
    const addresses = await this.#admittedAddresses(request);
    const { url, method, headers, body, signal } = request;
    const secure = url.protocol === 'https:';
    const options: https.RequestOptions = {
      method,
      headers: { 'user-agent': 'berth', 'accept-encoding': 'identity', ...headers },
      agent: secure ? this.#secure : this.#plain,
      lookup: pinned(addresses),
      timeout: this.#config.timeout * 1000,
      signal,
    };
    return new Promise((resolve, reject) => {
      let answer: http.IncomingMessage | undefined;
      const sent = (secure ? https : http).request(url, options, (come) => resolve((answer = come)));
      sent.on('timeout', () => {
        // bytes are here that nobody has taken yet: the silence is ours
        if ((answer?.readableLength ?? 0) > 0) sent.setTimeout(options.timeout ?? 0);
        else (answer ?? sent).destroy(new Error(`no byte for ${this.#config.timeout} s`));
      });
      // a body that could not be had says so itself
      sent.on('error', (cause) => reject(isFailure(cause) ? cause : this.unreachable(cause, signal)));
      sendBody(sent, body);
    });
  }

  /** The addresses that may be dialled for this URL. @throws Failure `address-forbidden` before anything is dialled */
  async #admittedAddresses(request: HttpRequest): Promise<readonly string[]> {
    const { url } = request;
    const verdict = judgeTarget(this.base, url, this.#config.allowHosts);
    if (verdict.kind === 'refused') throw this.forbidden(url, verdict.why);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = isIP(host) ? [host] : await this.#lookUp(host, request.signal);
    const inner =
      verdict.kind === 'public-only' ? addresses.find((address) => !isPublicAddress(address)) : undefined;
    if (inner !== undefined) throw this.forbidden(url, `${inner} is not a public address`);
    return addresses;
  }

  async #lookUp(host: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
    try {
      if (this.#deps.resolveAddress !== undefined) return await this.#deps.resolveAddress(host);
      return (await dnsLookup(host, { all: true })).map(({ address }) => address);
    } catch (cause) {
      throw this.unreachable(cause, signal);
    }
  }

  forbidden(target: URL, why: string): Failure {
    const where = `${target.protocol}//${target.host}`;
    return new Failure('address-forbidden', {
      url: this.base.origin,
      target: where,
      why,
      source: this.#alias,
    });
  }

  unreachable(cause: unknown, signal?: AbortSignal): Failure {
    if (signal?.aborted) return new Failure('cancelled', {}, { cause });
    const why = isNativeError(cause)
      ? cause.message || ('code' in cause ? String(cause.code) : 'error')
      : 'error';
    return new Failure('source-unreachable', { url: this.base.origin, why }, { cause });
  }

  #protocol(why: string): Failure {
    return new Failure('source-protocol', { url: this.base.origin, why });
  }
}

const withoutAuthorization = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'));

/** A `lookup` that knows just these addresses: what was judged is what is dialled. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    const [first] = all;
    if (first === undefined) done(new Error('the name has no address'), '', 0);
    else if (options.all) done(null, all);
    else done(null, first.address, first.family);
  };
}
