import type { TarEntry } from '../image/index.ts';

/**
 * Takes the members of a finished tree, each path once: `member`, then for a file its bytes. These only collect, or
 * write at once; `drain` is awaited between chunks so that memory stays bounded.
 */
export interface RootfsSink {
  /** Never resolves; rejects when it cannot go on, also before it was given anything, or has ended. */
  readonly failed: Promise<never>;
  member(entry: TarEntry): void;
  body(bytes: Buffer): void;
  /** the body of this member is complete */
  end(): void;
  drain(): Promise<void>;
  /** Makes the result durable. It is not published yet. */
  finish(): Promise<void>;
  /** Ends every process and file of it; may be called at any time, also twice. */
  abort(): Promise<void>;
}
