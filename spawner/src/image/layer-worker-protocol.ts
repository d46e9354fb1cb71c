import { isNativeError } from 'node:util/types';
import {
  Failure,
  isFailure,
  type FailureCode,
  type Limits,
  type Repository,
  type Source,
} from '@berth/schema';
import type { IndexedLayer } from './index-layer.ts';
import type { SourceSecrets } from './source-secrets.ts';

/** A layer to look into. Secrets come along because a function cannot. */
export interface LayerTask {
  readonly alias: string;
  readonly config: Source;
  readonly secrets: SourceSecrets;
  readonly repository: Repository;
  readonly layer: IndexedLayer;
  readonly limits: Limits;
  readonly cacheDirectory: string | undefined;
}

export type ToWorker = { readonly kind: 'index'; readonly task: LayerTask } | { readonly kind: 'cancel' };

export type FromWorker =
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'done'; readonly json: Uint8Array }
  | { readonly kind: 'failed'; readonly error: ToldError };

/** An error that went through a thread's port, which keeps no classes. */
export interface ToldError {
  readonly code?: string;
  readonly details?: Readonly<Record<string, string | number>>;
  readonly message: string;
}

export function tellError(error: unknown): ToldError {
  if (isFailure(error))
    return {
      code: error.code,
      details: error.details,
      message: error.message,
    };
  return { message: isNativeError(error) ? (error.stack ?? error.message) : String(error) };
}

export function untellError({ code, details, message }: ToldError): Error {
  if (code === undefined) return new Error(message);
  return new Failure(code as FailureCode, details ?? {});
}
