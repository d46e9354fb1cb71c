import { Problem } from '@berth/schema/rest';

/** A failure that the server told, or that kept it from telling: a sentence for the person, and what to do about it. */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem';
  /** code of the failure, e.g. `slurm-refused`; `unreachable` and `unreadable` are this side's own */
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
