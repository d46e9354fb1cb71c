import { Image, type RegistrySource } from '@berth/schema';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { readCached, writeCached } from './json-cache.ts';

/** What a source offered when it last answered; taken while it does not (F6). */
export const LastGood = z.readonly(z.object({ at: z.string(), images: z.readonly(z.array(Image)) }));
export type LastGood = z.infer<typeof LastGood>;

/** The address is in the name: another registry under the same alias is another source. */
const fileOf = (cache: string, alias: string, { url }: RegistrySource): string =>
  join(cache, 'sources', `${alias}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}.json`);

export const readLastGood = (
  cache: string,
  alias: string,
  source: RegistrySource,
): Promise<LastGood | undefined> => readCached(fileOf(cache, alias, source), LastGood);

export const writeLastGood = (
  cache: string,
  alias: string,
  source: RegistrySource,
  value: LastGood,
): Promise<void> => writeCached(fileOf(cache, alias, source), value);
