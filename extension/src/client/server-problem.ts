import { Problem } from '@berth/schema/rest';

/** A failure that the server told, or that kept it from telling: a sentence for the person, and what to do about it. */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem';
  /** code of the failure, e.g. `slurm-refused`; those of the functions below are this side's own */
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(
    sentence: string,
    sheet: { readonly code: string; readonly hint: string; readonly retryable: boolean },
    options?: { readonly cause?: unknown },
  ) {
    super(sentence, options);
    this.code = sheet.code;
    this.hint = sheet.hint;
    this.retryable = sheet.retryable;
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

export const unreachable = (cause: unknown): ServerProblem =>
  new ServerProblem(
    "Berth's server beside JupyterLab does not answer.",
    {
      code: 'unreachable',
      hint: 'Running kernels are not affected. Try again in a moment.',
      retryable: true,
    },
    { cause },
  );

/** What a response that is not one of ours means, by what Jupyter answers in Berth's stead. */
export function strangeResponse(response: Response): ServerProblem {
  // a hub sends whoever is not logged in to its login page, and that one is found
  if (isLoginPage(response) || response.status === 401 || response.status === 403) return loggedOut();
  return response.status === 404 ? notInstalled() : unreachable(response.status);
}

/** Whether this is no answer, but the page where one logs in. */
export const isLoginPage = (response: Response): boolean =>
  response.ok && response.redirected && (response.headers.get('Content-Type') ?? '').startsWith('text/html');

const loggedOut = (): ServerProblem =>
  new ServerProblem('Jupyter asks for your login again.', {
    code: 'logged-out',
    hint: 'Reload this page and log in. Running kernels are not affected.',
    retryable: false,
  });

const notInstalled = (): ServerProblem =>
  new ServerProblem("Berth's part of the Jupyter server is not there.", {
    code: 'not-installed',
    hint: 'Look whether `jupyter server extension list` shows jupyter_berth as enabled, then restart the Jupyter server.',
    retryable: false,
  });

/** Whether asking again is of no use until a person has done something. */
export const needsPerson = (error: unknown): error is ServerProblem =>
  error instanceof ServerProblem && (error.code === 'logged-out' || error.code === 'not-installed');

export const unreadable = (what: string, cause?: unknown): ServerProblem =>
  new ServerProblem(
    `Berth's server gave an answer that is not in order (${what}).`,
    {
      code: 'unreadable',
      hint: 'Reload this page: it may be older than the server.',
      retryable: false,
    },
    { cause },
  );

/** Anything thrown, as a problem: what people see is never a stack or "[object Object]". */
export const asProblem = (error: unknown): ServerProblem =>
  error instanceof ServerProblem
    ? error
    : new ServerProblem(error instanceof Error ? error.message : String(error), {
        code: 'unexpected',
        hint: '',
        retryable: false,
      });
