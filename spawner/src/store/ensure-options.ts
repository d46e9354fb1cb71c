import type { Limits } from '@berth/schema';
import type { Progress } from './progress.ts';
import type { StoreOptions } from './store-paths.ts';

export interface EnsureOptions {
  readonly store: StoreOptions;
  /** program name or absolute path of tar2sqfs(1) */
  readonly tar2sqfs: string;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}
