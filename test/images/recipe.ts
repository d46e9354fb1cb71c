import type { TarEntry } from './ustar.ts';

/** One thing done to the tree of a layer; commands run inside it, without network. */
export type Step =
  /** A new tree: mmdebstrap's variant, and packages besides it. */
  | { readonly kind: 'debian'; readonly variant: 'minbase' | 'extract'; readonly packages: readonly string[] }
  | { readonly kind: 'apt'; readonly packages: readonly string[] }
  /** Requirements from PyPI into a virtual environment, which is made when it is not there. */
  | { readonly kind: 'pip'; readonly environment: string; readonly packages: readonly string[] }
  /** As pip, but from outside and without root: the environment is written by hand, its Python being /usr/bin/python3. */
  | { readonly kind: 'wheels'; readonly environment: string; readonly packages: readonly string[] }
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  /** Paths removed again, relative to the root. */
  | { readonly kind: 'remove'; readonly paths: readonly string[] };

export type LayerRecipe =
  | {
      readonly below?: string;
      readonly steps: readonly Step[];
      readonly check?: readonly (readonly string[])[];
    }
  | { readonly entries: readonly TarEntry[] };

/** Everybody can do these: they only unpack, and nothing runs inside. */
export const needsRoot = (layer: LayerRecipe): boolean =>
  'steps' in layer &&
  !layer.steps.every((s) => (s.kind === 'debian' && s.variant === 'extract') || s.kind === 'wheels');

export interface ImageRecipe {
  readonly layers: readonly { readonly layer: string; readonly compression?: 'gzip' | 'zstd' | 'none' }[];
  readonly tags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly title: string;
  readonly version: string;
  readonly docker?: boolean;
  /** An index over linux/amd64, linux/arm64 (the same layers under another name) and an attestation. */
  readonly index?: boolean;
  readonly expectedKernels: readonly { readonly language: string; readonly interpreter?: string }[];
}
