import * as z from 'zod/mini';
import { isRetried } from './back-off.ts';
import { bodyOf } from './body-of.ts';
import type { CredentialLookup, Credentials } from './credentials.ts';
import type { HttpClient } from './http-client.ts';
import { readBounded } from './read-bounded.ts';
import { parseChallenges, type Challenge } from './www-authenticate.ts';

const TokenAnswer = z.object({
  token: z.optional(z.string()),
  access_token: z.optional(z.string()),
  expires_in: z.optional(z.number()),
});
const TOKEN_BYTES = 256 * 1024;

/**
 * Authorization for one registry, learned from its challenges and kept per scope until shortly before it ends. Source:
 * Docker registry token authentication specification; RFC 7617 (Basic).
 */
export class RegistryAuth {
  readonly #http: HttpClient;
  readonly #credentials: CredentialLookup;
  readonly #kept = new Map<string, { readonly header: string; readonly until: number }>();

  constructor(http: HttpClient, credentials: CredentialLookup) {
    this.#http = http;
    this.#credentials = credentials;
  }

  headerFor(scope: string): string | undefined {
    const kept = this.#kept.get(scope);
    return kept !== undefined && kept.until > performance.now() ? kept.header : undefined;
  }

  /** Answer a 401. @returns the header to try again with, or undefined when there is nothing to answer with */
  async answer(scope: string, wwwAuthenticate: string, signal?: AbortSignal): Promise<string | undefined> {
    const challenges = parseChallenges(wwwAuthenticate);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const basic = challenges.some(({ scheme }) => scheme === 'basic');
    if (bearer === undefined && !basic) return undefined;
    const credentials = await this.#credentials(this.#http.base.host);
    if (bearer !== undefined) return this.#fetchToken(bearer, scope, credentials, signal);
    if (credentials?.kind !== 'password') return undefined;
    return this.#keep(scope, basicHeader(credentials), Infinity);
  }

  async #fetchToken(
    challenge: Challenge,
    scope: string,
    credentials: Credentials | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const named = challenge.parameters.get('realm');
    const realm = named === undefined || named === '' ? null : URL.parse(named, this.#http.base.href);
    // without one we would send the password to the registry's front page
    if (realm === null) return undefined;
    const asked = new URLSearchParams();
    const service = challenge.parameters.get('service');
    if (service !== undefined) asked.set('service', service);
    // what we want, never what the challenge names: a registry cannot make us fetch rights elsewhere
    if (scope !== '') asked.set('scope', scope);
    const answer = await this.#http.send(tokenRequest(realm, asked, credentials, signal));
    const status = answer.statusCode ?? 0;
    const bytes = bodyOf(this.#http, answer, signal);
    const body = await readBounded(bytes, TOKEN_BYTES, 'the answer of a token service');
    // a service that is down denies nobody anything
    if (isRetried(status)) throw this.#http.unreachable(new Error(`HTTP ${status} from its token service`));
    if (status !== 200) return undefined;
    const { token, expiresIn } = parseToken(body.toString('utf8'));
    // 60 s when it does not say, by the specification; a tenth early, so that it does not end on its way
    return token && this.#keep(scope, `Bearer ${token}`, performance.now() + expiresIn * 900);
  }

  #keep(scope: string, header: string, until: number): string {
    if (this.#kept.size > 10_000) this.#kept.clear();
    this.#kept.set(scope, { header, until });
    return header;
  }
}

function tokenRequest(
  realm: URL,
  asked: URLSearchParams,
  credentials: Credentials | undefined,
  signal: AbortSignal | undefined,
): Parameters<HttpClient['send']>[0] {
  if (credentials?.kind === 'identity-token') {
    asked.set('grant_type', 'refresh_token');
    asked.set('client_id', 'berth');
    asked.set('refresh_token', credentials.token);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: asked.toString(), signal };
  }
  for (const [name, value] of asked) realm.searchParams.set(name, value);
  const headers: Record<string, string> = credentials ? { authorization: basicHeader(credentials) } : {};
  return { method: 'GET', url: realm, headers, signal };
}

const basicHeader = ({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** A token is put into a header: printable ASCII only. */
function parseToken(text: string): { readonly token: string | undefined; readonly expiresIn: number } {
  try {
    const answer = TokenAnswer.parse(JSON.parse(text));
    const token = answer.token || answer.access_token;
    const fits = token !== undefined && /^[\x21-\x7e]{1,65536}$/.test(token);
    return { token: fits ? token : undefined, expiresIn: answer.expires_in ?? 60 };
  } catch {
    return { token: undefined, expiresIn: 0 };
  }
}
