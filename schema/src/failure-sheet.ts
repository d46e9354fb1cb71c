/**
 * What is told of one kind of failure, to people and programs (RFC 9457 over HTTP, two lines in the CLI). `sentence` says what
 * and why, `hint` what to do; `{slots}` are filled from the failure's details. `exit` is the stable exit status of the `berth`
 * command (sysexits.h where one fits).
 */
export interface FailureSheet {
  readonly status: number;
  readonly exit: number;
  readonly retryable: boolean;
  readonly sentence: string;
  readonly hint: string;
}
