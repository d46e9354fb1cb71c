import type { FailureSheet } from './failure-sheet.ts';
import { FAILURES } from './failure-sheets.ts';

export type FailureCode = keyof typeof FAILURES;

type SlotsOf<S extends string> = S extends `${string}{${infer Slot}}${infer Rest}`
  ? Slot | SlotsOf<Rest>
  : never;

/** The details that a failure of this code must bring: the `{slots}` of its sentence and its hint. */
export type FailureDetails<C extends FailureCode> = Readonly<
  Record<SlotsOf<(typeof FAILURES)[C]['sentence']> | SlotsOf<(typeof FAILURES)[C]['hint']>, string | number>
>;

/**
 * One line that a terminal only shows (T34): no control character, line end or change of direction. What comes from an image,
 * a registry or Slurm goes through this before it is printed.
 * @param most characters; what is longer is cut
 */
export const printable = (value: string | number, most = 1000): string => {
  const line = String(value).replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
};

const fill = (template: string, details: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (slot, name: string) => {
    const value = details[name];
    return value === undefined ? slot : printable(value);
  });

/** A fact sheet that can be thrown: stable code, what, why, whether again helps, and what to do. */
export class Failure<C extends FailureCode = FailureCode> extends Error {
  override readonly name = 'Failure';
  readonly code: C;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: C, details: FailureDetails<C>, options?: { readonly cause?: unknown }) {
    super(fill(FAILURES[code].sentence, details), options);
    this.code = code;
    this.details = details;
  }

  get sheet(): FailureSheet {
    return FAILURES[this.code];
  }

  /** What to do about it, one sentence. */
  get hint(): string {
    return fill(this.sheet.hint, this.details);
  }

  /** RFC 9457 body. */
  toProblem(): {
    type: string;
    title: string;
    status: number;
    detail: string;
    hint: string;
    retryable: boolean;
  } {
    return {
      type: `urn:berth:failure:${this.code}`,
      title: this.code,
      status: this.sheet.status,
      detail: this.message,
      hint: this.hint,
      retryable: this.sheet.retryable,
    };
  }
}

/**
 * Whether `error` is a Failure (of this code). By its name, not its class: a command's first file and what it loads later
 * are bundles of their own, each with a copy of the class.
 */
export function isFailure<C extends FailureCode>(error: unknown, code?: C): error is Failure<C> {
  if (typeof error !== 'object' || error === null || !('name' in error) || error.name !== 'Failure')
    return false;
  return (
    'code' in error &&
    Object.hasOwn(FAILURES, String(error.code)) &&
    (code === undefined || error.code === code)
  );
}
