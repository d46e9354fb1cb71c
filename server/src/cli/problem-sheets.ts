import { FAILURES, type FailureCode } from '@berth/schema';

/** What the server extension in Python refuses by itself, before the user server hears of it. */
const REFUSED_BY_JUPYTER: readonly FailureCode[] = [
  'login-needed',
  'xsrf-refused',
  'cross-site-refused',
  'request-invalid',
  'route-unknown',
  'method-refused',
  'body-too-long',
  'body-late',
  'server-away',
  'fault',
];

/** extension/jupyter_berth/problems.json: the sheets of these, so that there is one list of failures. */
export function problemSheets(): string {
  const sheets = REFUSED_BY_JUPYTER.map((code) => {
    const { status, sentence, hint, retryable } = FAILURES[code];
    return [code, { status, sentence, hint, retryable }] as const;
  });
  return `${JSON.stringify(Object.fromEntries(sheets), null, 2)}\n`;
}
