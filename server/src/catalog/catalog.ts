import type { Failure, Image, ImageRef } from '@berth/schema';
import type { FoundKernels } from './found-kernels.ts';

/** What is known about one tag: looked into, or why not. */
export type CatalogEntry =
  | ({ readonly state: 'found'; readonly ref: ImageRef; readonly image: Image } & FoundKernels)
  | { readonly state: 'failed'; readonly ref: ImageRef; readonly failure: Failure };

/** Whether a source answered. Of a `stale` one the entries are the last that were seen; `at` is when (ISO 8601). */
export type SourceState =
  | {
      readonly alias: string;
      readonly state: 'listed';
      readonly notices: readonly string[];
      /** whether an image that is not in the list is not in the source */
      readonly complete: boolean;
    }
  | { readonly alias: string; readonly state: 'stale'; readonly at: string; readonly failure: Failure }
  | { readonly alias: string; readonly state: 'unreachable'; readonly failure: Failure };

export interface Catalog {
  readonly sources: readonly SourceState[];
  readonly entries: readonly CatalogEntry[];
}
