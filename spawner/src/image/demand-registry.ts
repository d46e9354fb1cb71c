import { Failure, isFailure } from '@berth/schema';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import { isRetried } from './back-off.ts';
import { bodyOf } from './body-of.ts';
import { REGISTRY_LOGIN } from './credentials.ts';
import { readBounded } from './read-bounded.ts';
import type { RegistryClient } from './registry-client.ts';
import { parseChallenges } from './www-authenticate.ts';

const Errors = z.object({ errors: z.array(z.object({ code: z.string().check(z.regex(/^[A-Z_]+$/)) })) });
/** What a registry says at its front door is a few words. */
const BODY_BYTES = 64 * 1024;

/** Registries put it on every answer; the one sign that some give at all (Quay calls its JSON HTML). */
export const isSigned = ({ headers }: IncomingMessage): boolean =>
  /^registry\/2/.test(String(headers['docker-distribution-api-version'] ?? ''));

/**
 * Asked when nothing that came so far could only be a registry's: any web server answers 404, and that must not be taken for
 * an empty list. Without a login, since to ask for one is an answer too. Source: OCI distribution-spec 1.1, "Determining Support".
 * @throws Failure `source-not-registry`, `source-denied`, `source-unreachable`
 */
export async function demandRegistry(client: RegistryClient, signal?: AbortSignal): Promise<void> {
  const { http } = client;
  const answer = await http.send({ method: 'GET', url: new URL('/v2/', http.base), headers: {}, signal });
  const status = answer.statusCode ?? 0;
  if (isSigned(answer)) return void answer.destroy();
  if (isRetried(status)) {
    answer.destroy();
    throw http.unreachable(new Error(`HTTP ${status}`), signal);
  }
  const challenged = parseChallenges(answer.headers['www-authenticate'] ?? '').length > 0;
  const text = await bodyText(client, answer, signal);
  const says = jsonOf(text);
  if (status === 200 ? text.trim() === '' || says !== undefined : Errors.safeParse(says).success) return;
  if (status === 401 && challenged) return;
  if (status === 403)
    throw new Failure('source-denied', {
      url: http.base.origin,
      what: '/v2/',
      http: status,
      login: REGISTRY_LOGIN,
    });
  const why = status === 200 ? 'a page of something else' : `HTTP ${status}`;
  throw new Failure('source-not-registry', { url: http.base.origin, why: `${why} at /v2/` });
}

/** '<' for what is too long: no registry is. */
async function bodyText(
  { http }: RegistryClient,
  answer: IncomingMessage,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const bytes = await readBounded(bodyOf(http, answer, signal), BODY_BYTES, 'the answer at /v2/');
    return bytes.toString('utf8');
  } catch (error) {
    if (isFailure(error, 'limit-exceeded')) return '<';
    throw error;
  } finally {
    answer.destroy();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
