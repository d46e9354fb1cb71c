import { assertNever } from './assert-never.ts';
import type { Source } from './config.ts';

/** Where a source is, for people, and as what tells it from another one under the same alias. */
export function sourceAddress(source: Source): string {
  switch (source.type) {
    case 'registry':
      return source.url;
    case 'bucket':
      return [source.endpoints[0]?.replace(/\/$/, ''), source.bucket, source.prefix]
        .filter(Boolean)
        .join('/');
    default:
      return assertNever(source);
  }
}
