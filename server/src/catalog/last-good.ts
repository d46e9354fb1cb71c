import { Image, sourceAddress, type Source } from '@berth/schema';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { readCached, writeCached } from './json-cache.ts';

/** What a source offered when it last answered; taken while it does not (F6). */
export const LastGood = z.readonly(z.object({ at: z.string(), images: z.readonly(z.array(Image)) }));
export type LastGood = z.infer<typeof LastGood>;

/** The address is in the name: another registry or bucket under the same alias is another source. */
const fileOf = (cache: string, alias: string, source: Source): string =>
  join(cache, 'sources', `${alias}-${hashOf(sourceAddress(source))}.json`);

const hashOf = (address: string): string => createHash('sha256').update(address).digest('hex').slice(0, 8);

export const readLastGood = (cache: string, alias: string, source: Source): Promise<LastGood | undefined> =>
  readCached(fileOf(cache, alias, source), LastGood);

export const writeLastGood = (cache: string, alias: string, source: Source, value: LastGood): Promise<void> =>
  writeCached(fileOf(cache, alias, source), value);
