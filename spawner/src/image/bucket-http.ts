import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Failure, type Limits } from '@berth/schema';
import { bodyOf } from './body-of.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { readBounded } from './read-bounded.ts';
import { xmlProblem } from './xml-problem.ts';

/** A request as the SDK hands it to whoever sends it: signed, path and headers final. */
interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

interface GatewayAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * The SDK's way to the network: our own HTTP client, with its judged and pinned addresses and its time limits, so that
 * buckets and registries are reached by the same rules. The SDK signs and reads XML, nothing else.
 */
export function bucketHandler(http: HttpClient, alias: string, limits: Pick<Limits, 'manifestBytes'>) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(
      request: SignedRequest,
      { abortSignal: signal }: { readonly abortSignal?: AbortSignal } = {},
    ) {
      const url = new URL(`${request.path}${queryText(request.query)}`, http.base);
      const answer = await http.send({
        method: request.method as HttpRequest['method'],
        url,
        headers: request.headers,
        body: request.body,
        stay: true,
        signal,
      });
      const status = answer.statusCode ?? 0;
      const { location } = answer.headers;
      if (status >= 300 && status < 400 && status !== 304 && location !== undefined) {
        answer.destroy();
        throw moved(http, alias, location);
      }
      const isObject = request.method === 'GET' && status < 300 && request.query?.['list-type'] === undefined;
      const body = isObject ? answer : await readXml(http, answer, limits, signal);
      const response: GatewayAnswer = { statusCode: status, headers: plainHeaders(answer), body };
      return { response };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

/** A signature holds for one host: what is sent on elsewhere would only show the other one who asks for what (T18, T25). */
function moved(http: HttpClient, source: string, location: string): Failure {
  const target = URL.parse(location, http.base.href);
  const where = target === null ? 'something that is not an address' : `${target.protocol}//${target.host}`;
  return new Failure('bucket-moved', { url: http.base.origin, target: where, source });
}

/** Whole and judged before the SDK's parser sees it (T26). */
async function readXml(
  http: HttpClient,
  answer: IncomingMessage,
  limits: Pick<Limits, 'manifestBytes'>,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const bytes = await readBounded(
    bodyOf(http, answer, signal),
    limits.manifestBytes,
    'an answer of a gateway',
  );
  const why = xmlProblem(bytes.toString('utf8'));
  if (why !== undefined) throw new Failure('source-protocol', { url: http.base.origin, why });
  return Readable.from([bytes], { objectMode: false });
}

/** In the SDK's own escaping: what is sent must be what was signed. */
function queryText(query: SignedRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly string[]) : [value as string | null]).map((one) =>
      one === null ? escaped(name) : `${escaped(name)}=${escaped(one)}`,
    ),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const plainHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
