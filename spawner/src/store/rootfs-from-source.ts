import type { Image, Rootfs, Source } from '@berth/schema';
import { credentialFiles, credentialLookup, openSource } from '../image/index.ts';
import type { EnsureOptions } from './ensure-options.ts';
import { ensureRootfs } from './ensure-rootfs.ts';

export interface SourceAccess {
  readonly source: Source;
  /** whose credentials are used */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `ensureRootfs` for who has only the configuration of the image's source. */
export function rootfsFromSource(
  image: Image,
  access: SourceAccess,
  options: EnsureOptions,
): Promise<Rootfs> {
  const { source, home, env } = access;
  const credentials = credentialLookup({ files: credentialFiles(env, home), env });
  const opened = openSource(image.ref.source, source, { credentials, limits: options.limits });
  return ensureRootfs(image, opened, options);
}
