import { isNativeError } from 'node:util/types';
import { Failure, isFailure } from '@berth/schema';
import * as z from 'zod/mini';
import { isRetried } from './back-off.ts';

/** What the SDK says of an answer that is none. */
const ServiceError = z.object({
  name: z.string(),
  $metadata: z.object({ httpStatusCode: z.optional(z.number()) }),
  $response: z.optional(z.object({ headers: z.optional(z.record(z.string(), z.string())) })),
});

interface Asked {
  /** origin of the gateway */
  readonly url: string;
  readonly bucket: string;
  readonly what: string;
  /** false: nobody logged in, or `credentials: anonymous` */
  readonly signed: boolean;
  /** none are ever looked for */
  readonly anonymous: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** `passing`: another gateway, or later, may do better. `skewed`: signed with another clock, it may. */
export interface Trouble {
  readonly kind: 'passing' | 'skewed' | 'final';
  readonly failure: unknown;
  readonly retryAfter?: string | undefined;
}

const REFUSED_BODY: ReadonlySet<string> = new Set([
  'XAmzContentSHA256Mismatch',
  'BadDigest',
  'IncompleteBody',
  'EntityTooLarge',
  'QuotaExceeded',
  'NoSuchUpload',
]);

/** 409: somebody else writes the same key. Source: S3 user guide, "Conditional writes". */
const CONFLICTS: ReadonlySet<string> = new Set([
  'ConditionalRequestConflict',
  'ConcurrentModification',
  'OperationAborted',
]);

/** Variables that are keys themselves stay where they are set: what Slurm is given it keeps and sends. */
const FILE =
  '~/.aws/credentials (AWS_PROFILE names a part of it), which compute nodes read too, unlike AWS_ACCESS_KEY_ID';

/** What may help. */
function loginText({ signed, anonymous }: Asked): string {
  if (anonymous)
    return 'It is asked without keys ("credentials: anonymous"): have that taken out of its source';
  return signed
    ? `The keys that were found here are refused: put others into ${FILE}`
    : `Put keys into ${FILE}`;
}

/**
 * What went wrong at a gateway, as a failure. Its cause holds the error's name and status only: the SDK's own error carries
 * the request with its signature, and some answers repeat the key (T25).
 */
export function bucketTrouble(error: unknown, asked: Asked): Trouble {
  const { url, bucket, what, signed, signal } = asked;
  if (isFailure(error))
    return { kind: error.code === 'source-unreachable' ? 'passing' : 'final', failure: error };
  if (signal?.aborted) return { kind: 'final', failure: new Failure('cancelled', {}) };
  const parsed = ServiceError.safeParse(error);
  const status = parsed.data?.$metadata.httpStatusCode;
  if (!parsed.success || status === undefined) return { kind: 'final', failure: notXml(error, url) };
  const { name, $response } = parsed.data;
  const headers = $response?.headers ?? {};
  const text = `HTTP ${status} ${name}`;
  const because = { cause: new Error(text) };
  const final = (failure: Failure): Trouble => ({ kind: 'final', failure });
  if (isSkewed(name, status, headers['date'])) {
    const difference = differenceText(headers['date'], Date.now());
    return { kind: 'skewed', failure: new Failure('clock-skewed', { url, difference }, because) };
  }
  if (isRetried(status) || CONFLICTS.has(name)) {
    const failure = new Failure('source-unreachable', { url, why: text }, because);
    return { kind: 'passing', failure, retryAfter: headers['retry-after'] };
  }
  if (REFUSED_BODY.has(name)) return final(new Failure('upload-refused', { url, what, why: text }, because));
  if (name === 'NoSuchBucket') return final(new Failure('bucket-missing', { url, bucket }, because));
  if (status === 404) return final(new Failure('image-missing', { ref: what }, because));
  if (status === 401 || status === 403) {
    // an answer to HEAD has no code
    const code = name === 'Unknown' || name === 'UnknownError' ? '' : ` ${name}`;
    const http = `${status}${code}${signed ? '' : ', asked without keys'}`;
    return final(new Failure('source-denied', { url, what, http, login: loginText(asked) }, because));
  }
  return final(new Failure('source-protocol', { url, why: `${text} for ${what}` }, because));
}

/** The SDK's parser throws plain errors, to which it adds the answer. A mistake of ours stays what it is. */
function notXml(error: unknown, url: string): unknown {
  if (!isNativeError(error) || !('$response' in error || '$responseBodyText' in error)) return error;
  return new Failure(
    'source-protocol',
    { url, why: 'an answer that cannot be read' },
    { cause: new Error(error.name) },
  );
}

/** S3 takes signatures of the last and of the next 15 minutes. An answer to HEAD has no code: its date must do. */
const SKEW_MS = 15 * 60_000;

const isSkewed = (name: string, status: number, date: string | undefined): boolean =>
  name === 'RequestTimeTooSkewed' ||
  name === 'RequestExpired' ||
  (status === 403 && Math.abs(Date.now() - Date.parse(date ?? '')) >= SKEW_MS);

/** How far this machine's clock is from the gateway's, in words. */
export function differenceText(date: string | undefined, now: number): string {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return 'more than 15 minutes off';
  const seconds = Math.round((now - theirs) / 1000);
  const size =
    Math.abs(seconds) < 120
      ? `${Math.abs(seconds)} seconds`
      : `${Math.round(Math.abs(seconds) / 60)} minutes`;
  return `${size} ${seconds < 0 ? 'behind' : 'ahead'}`;
}
