import { Problem } from '@berth/schema/rest';

/** What keeps the server from telling anything: known on this side only, which has the words for it. */
export type OwnCode = 'unreachable' | 'logged-out' | 'not-installed' | 'unreadable';

/**
 * A failure that the server told, or that kept it from telling. For people it is put into words by `problemWords`: only what
 * the server says itself is a sentence here.
 */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem';
  /** code of the failure, e.g. `slurm-refused` */
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;
  /** undefined for what the server told */
  readonly own: OwnCode | undefined;

  constructor(
    message: string,
    sheet: {
      readonly code: string;
      readonly hint?: string;
      readonly retryable?: boolean;
      readonly own?: OwnCode;
    },
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.code = sheet.code;
    this.hint = sheet.hint ?? '';
    this.retryable = sheet.retryable ?? false;
    this.own = sheet.own;
  }
}

/** The problem that a response holds, or undefined if it is not one of ours (a proxy's error page, an empty body). */
export async function problemOf(response: Response): Promise<ServerProblem | undefined> {
  if (!(response.headers.get('Content-Type') ?? '').startsWith('application/problem+json')) return undefined;
  const parsed = Problem.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return undefined;
  const { title, detail, hint, retryable } = parsed.data;
  return new ServerProblem(detail, { code: title, hint, retryable });
}

/** @param about what it is about; all that the message has, which is for the log */
const ownProblem = (own: OwnCode, about = '', cause?: unknown): ServerProblem =>
  new ServerProblem(about, { code: own, own, retryable: own === 'unreachable' }, { cause });

export const unreachable = (cause: unknown): ServerProblem => ownProblem('unreachable', '', cause);

/** An answer that is not what the contract says. @param what name of the route */
export const unreadable = (what: string, cause?: unknown): ServerProblem =>
  ownProblem('unreadable', what, cause);

/** What a response that is not one of ours means, by what Jupyter answers in Berth's stead. */
export function strangeResponse(response: Response): ServerProblem {
  // a hub sends whoever is not logged in to its login page, and that one is found
  if (isLoginPage(response) || response.status === 401 || response.status === 403)
    return ownProblem('logged-out');
  return response.status === 404 ? ownProblem('not-installed') : unreachable(response.status);
}

/** Whether this is no answer, but the page where one logs in. */
export const isLoginPage = (response: Response): boolean =>
  response.ok && response.redirected && (response.headers.get('Content-Type') ?? '').startsWith('text/html');

/** Whether asking again is of no use until a person has done something. */
export const needsPerson = (error: unknown): error is ServerProblem =>
  error instanceof ServerProblem && (error.own === 'logged-out' || error.own === 'not-installed');

/** Anything thrown, as a problem: what people see is never a stack or "[object Object]". */
export const asProblem = (error: unknown): ServerProblem =>
  error instanceof ServerProblem
    ? error
    : new ServerProblem(error instanceof Error ? error.message : String(error), { code: 'unexpected' });
