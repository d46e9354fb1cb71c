import { Failure } from '@berth/schema';
import type { KernelEntry, KernelPage, KernelQuery } from '@berth/schema/rest';

/** A kernel with what a search looks at: display name, image and language in lower case. */
export interface Listed {
  readonly entry: KernelEntry;
  readonly text: string;
  /** of its JSON, with a comma */
  readonly bytes: number;
}

const PAGE = 100;
/** A page is what comes over a slow line before anything is seen: with long names it holds less. 512 are for what is around. */
const PAGE_BYTES = 20_000 - 512;
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** In the order in which people read them; of equal names by kernelspec, so that the order is always the same. */
export function listed(entries: readonly KernelEntry[]): readonly Listed[] {
  return entries
    .map((entry) => ({
      entry,
      text: `${entry.displayName}\n${entry.image}\n${entry.language}`.toLowerCase(),
      bytes: Buffer.byteLength(JSON.stringify(entry)) + 1,
    }))
    .sort(
      (a, b) =>
        collator.compare(a.entry.displayName, b.entry.displayName) ||
        (a.entry.name < b.entry.name ? -1 : Number(a.entry.name > b.entry.name)),
    );
}

/** The page that a query asks for; pure. @throws Failure `request-invalid` for a cursor that is none of ours */
export function pageOf(all: readonly Listed[], revision: string, query: KernelQuery): KernelPage {
  const fitting = all.filter(fits(query));
  const first = query.cursor === undefined ? 0 : afterCursor(fitting, query.cursor);
  const rows = within(PAGE_BYTES, fitting.slice(first, first + Number(query.limit ?? PAGE)));
  const kernels = rows.map(({ entry }) => entry);
  const last = first + rows.length;
  const end = kernels.at(-1);
  return {
    kernels,
    total: fitting.length,
    ...(end === undefined || last >= fitting.length ? {} : { next: `${last}.${end.name}` }),
    revision,
  };
}

/** As many as have room, one always. */
function within(room: number, rows: readonly Listed[]): readonly Listed[] {
  let used = 0;
  const over = rows.findIndex(({ bytes }) => (used += bytes) > room);
  return over < 0 ? rows : rows.slice(0, Math.max(1, over));
}

function fits({ search, language, offered }: KernelQuery): (one: Listed) => boolean {
  const words = (search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return ({ entry, text }) =>
    words.every((word) => text.includes(word)) &&
    (language === undefined || entry.language.toLowerCase() === language.toLowerCase()) &&
    (offered === undefined || String(entry.offered) === offered);
}

/**
 * A cursor is the last entry that was seen: where the list has changed meanwhile nothing is left out or doubled. Its number is
 * for the case that just this entry is gone.
 */
function afterCursor(fitting: readonly Listed[], cursor: string): number {
  const match = /^([0-9]{1,9})\.(.+)$/.exec(cursor);
  if (!match) throw new Failure('request-invalid', { why: 'query.cursor: not a cursor of an earlier page' });
  const at = fitting.findIndex(({ entry }) => entry.name === match[2]);
  return at >= 0 ? at + 1 : Math.max(0, Number(match[1]) - 1);
}
