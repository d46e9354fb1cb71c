import { Failure, isFailure } from '@berth/schema';

/** Any error -> a Failure; only a fault of ours becomes `fault`, whose words stay in the log. `at` is when, ISO 8601. */
export function failureOf(error: unknown, at: string): Failure {
  if (isFailure(error)) return error;
  // Express, of a path that is not percent-encoded well
  if (error instanceof URIError) return new Failure('request-invalid', { why: 'its path cannot be decoded' });
  return new Failure('fault', { at }, { cause: error });
}
