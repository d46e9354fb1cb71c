import type { Descriptor } from './blob-source.ts';

export interface BlobUpload {
  readonly key: string;
  /** for failures */
  readonly what: string;
  readonly blob: Descriptor;
  readonly bytes: () => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal | undefined;
}

/** Signs a hash that is known instead of none: the SDK does not hash streams. */
export const signedAs =
  (hex: string) =>
  <Args extends { readonly request: unknown }, Out>(next: (args: Args) => Promise<Out>) =>
  (args: Args): Promise<Out> => {
    (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = hex;
    return next(args);
  };
