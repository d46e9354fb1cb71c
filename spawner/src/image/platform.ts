import type { Platform } from '@berth/schema';

/** `os/architecture[/variant]` as configured. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join('/');

/**
 * How well an image for `has` runs on `wanted`: 2 the same, 1 with the variant left open, 0 not at all. arm64's variant is
 * v8 when nothing is said, and amd64 has a baseline v1. Source: containerd `platforms`, normalisation.
 */
export function platformFit(has: Partial<Platform> | null | undefined, wanted: Platform): 0 | 1 | 2 {
  if (has?.os !== wanted.os || has.architecture !== wanted.architecture) return 0;
  const usual = { arm64: 'v8', amd64: 'v1' }[wanted.architecture] ?? '';
  const theirs = has.variant || usual;
  const ours = wanted.variant || usual;
  if (theirs === ours) return 2;
  return has.variant === undefined || has.variant === '' || wanted.variant === undefined ? 1 : 0;
}
