import {
  Failure,
  formatImageRef,
  parseImageRef,
  type Config,
  type Image,
  type ImageRef,
} from '@berth/schema';
import { credentialFiles, credentialLookup } from '@berth/spawner/image';
import type { Catalog, ScanOptions } from '../catalog/index.ts';
import { bytesText } from './table-text.ts';
import type { VerbContext } from './verb.ts';

/** How a verb scans: with the caller's logins, progress on stderr, stopped by signals. */
export function scanOptions(context: VerbContext, config: Config): ScanOptions {
  const { env, home, signal, progress } = context;
  return {
    config,
    signal,
    credentials: credentialLookup({ files: credentialFiles(env, home), env }),
    now: () => Date.now(),
    onProgress: ({ images, done, bytes }) =>
      progress.update(
        images === 0
          ? `asking ${Object.keys(config.sources).join(', ')}`
          : `looked into ${done} of ${images} images, ${bytesText(bytes)} read`,
      ),
  };
}

/** Say on stderr what of a catalog is not as it should be: silent sources, rotten images, truncated lists. */
export function noteTroubles(catalog: Catalog, note: (line: string) => void): void {
  for (const source of catalog.sources) {
    switch (source.state) {
      case 'listed':
        for (const notice of source.notices) note(`${source.alias}: ${notice}`);
        break;
      case 'stale':
        note(`${source.alias}: ${source.failure.message} Taking what it offered at ${source.at}.`);
        break;
      case 'unreachable':
        note(`${source.alias}: ${source.failure.message} ${source.failure.hint}`);
        break;
    }
  }
  for (const entry of catalog.entries) {
    if (entry.state === 'failed') note(`${formatImageRef(entry.ref)}: ${entry.failure.message}`);
    else
      for (const { path, why } of entry.broken)
        note(`${formatImageRef(entry.ref)}: ${path} is not offered: ${why}`);
  }
}

/**
 * A list that lacks what a source might hold is not the answer that was asked for, and a script must see that: any source
 * that is silent, and of which nothing is known from before, is a failure, unless nothing of it was asked.
 */
export function exitStatusOf(catalog: Catalog, isAsked: (alias: string) => boolean = () => true): number {
  for (const source of catalog.sources) {
    if (source.state === 'listed' || !isAsked(source.alias)) continue;
    const { sheet } = source.failure;
    if (source.state === 'unreachable' || !sheet.retryable) return sheet.exit;
  }
  return 0;
}

/** A source must be there before anything is listed. @throws Failure `config-invalid` */
export function demandSources(config: Config, file: string): void {
  if (Object.keys(config.sources).length === 0) {
    throw new Failure('config-invalid', { file, why: 'it names no source under "sources"' });
  }
}

/** `lab/climate` or `lab/climate:*` as typed by a person -> a test of references. `*` stands for any characters. */
export function refPattern(pattern: string | undefined): (ref: ImageRef) => boolean {
  if (pattern === undefined) return () => true;
  const pieces = pattern.split('*').map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  // the pattern is the caller's own: no regular expression of a stranger
  const expression = new RegExp(`^${pieces.join('.*')}$`);
  return (ref) => {
    const name = `${ref.source}/${ref.repository}`;
    return (
      expression.test(`${name}:${ref.tag ?? ''}`) ||
      expression.test(name) ||
      (pieces.length === 1 && name.includes(pattern))
    );
  };
}

/**
 * Whether a source may hold what fits a pattern; where that cannot be told, it may. `lab/climate` is also a part of
 * `hub/lab/climate`, but who names a source means that source.
 */
export function sourcePattern(
  pattern: string | undefined,
  aliases: readonly string[],
): (alias: string) => boolean {
  const [first = '', rest] = pattern?.split(/\/(.*)/s, 2) ?? [];
  if (pattern === undefined || rest === undefined) return () => true;
  const star = first.indexOf('*');
  // "*" stands for "/" too
  if (star >= 0) return (alias) => alias.startsWith(first.slice(0, star));
  return aliases.includes(first) || rest.includes('*') ? (alias) => alias === first : () => true;
}

/** An image as a person named it, and the test whether one that was found is it. */
export interface NamedImage {
  readonly ref: string;
  /** @param image undefined where it could not be looked into: then its name must do */
  readonly fits: (ref: ImageRef, image: Pick<Image, 'digest' | 'indexDigest'> | undefined) => boolean;
}

/**
 * Named exactly: tag `latest` when none is given; a digest is that of the image or of its index, and without a tag the image
 * may have any. @throws Failure `image-ref-invalid`
 */
export function imageNamed(text: string): NamedImage {
  const { source, repository, tag, digest } = parseImageRef(text);
  return {
    ref: formatImageRef({ source, repository, tag, digest }),
    fits: (ref, image) => {
      if (ref.source !== source || ref.repository !== repository) return false;
      if (tag !== undefined && ref.tag !== tag) return false;
      if (digest === undefined) return true;
      return image === undefined
        ? tag !== undefined
        : image.digest === digest || image.indexDigest === digest;
    },
  };
}
