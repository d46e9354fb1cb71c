import { Failure, formatImageRef, parseImageRef, type Config, type ImageRef } from '@berth/schema';
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
      progress.update(`looked into ${done} of ${images} images, ${bytesText(bytes)} read`),
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

/** A scan that looked at no source with success is a failure of the command, not an empty list. */
export function exitStatusOf(catalog: Catalog): number {
  const silent = catalog.sources.find((source) => source.state === 'unreachable');
  return silent?.state === 'unreachable' ? silent.failure.sheet.exit : 0;
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

/** Tests for references named exactly, tag `latest` when none is given. @throws Failure `image-ref-invalid` */
export function refsNamed(texts: readonly string[]): (ref: ImageRef) => boolean {
  const wanted = new Set(texts.map((text) => formatImageRef(parseImageRef(text))));
  return (ref) => wanted.has(formatImageRef(ref));
}
