import { decodePax } from './pax.ts';
import type { TarHeader } from './tar-header.ts';
import { decodeName } from './tar-name.ts';
import { LayerRefusal } from './layer-refusal.ts';

/** Largest PAX header that is read; Go's archive/tar draws the same line. */
export const PAX_BYTES = 1024 ** 2;

/**
 * What headers `x`, `L` and `K` say about the entry that follows. Where readers disagree the archive is refused: two of a
 * kind in a row, `L` against PAX `path`, `K` against `linkpath`, sparse maps.
 */
export class TarPending {
  #pax: ReadonlyMap<string, string> | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;

  get isEmpty(): boolean {
    return this.#pax === undefined && this.#longName === undefined && this.#longLink === undefined;
  }

  add(flag: string, body: Buffer): void {
    if (flag === 'x') this.#pax = once(this.#pax, checked(decodePax(body)));
    else if (flag === 'L') this.#longName = once(this.#longName, longText(body));
    else if (flag === 'K') this.#longLink = once(this.#longLink, longText(body));
    else refuseGlobal(decodePax(body), this.isEmpty);
  }

  /** The header with what was pending laid over it; nothing is pending afterwards. */
  applyTo(header: TarHeader): TarHeader {
    if (this.isEmpty) return header;
    const pax = this.#pax;
    if (this.#longName !== undefined && pax?.has('path'))
      throw new LayerRefusal('two long names for one entry');
    if (this.#longLink !== undefined && pax?.has('linkpath'))
      throw new LayerRefusal('two link names for one entry');
    const result: TarHeader = {
      ...header,
      name: this.#longName ?? pax?.get('path') ?? header.name,
      linkname: this.#longLink ?? pax?.get('linkpath') ?? header.linkname,
      size: number(pax, 'size', /^[0-9]{1,16}$/) ?? header.size,
      uid: number(pax, 'uid', /^[0-9]{1,16}$/) ?? header.uid,
      gid: number(pax, 'gid', /^[0-9]{1,16}$/) ?? header.gid,
      mtime: Math.floor(number(pax, 'mtime', /^-?[0-9]{1,16}(?:\.[0-9]*)?$/) ?? header.mtime),
    };
    this.#pax = this.#longName = this.#longLink = undefined;
    return result;
  }
}

function once<T>(before: T | undefined, now: T): T {
  if (before !== undefined) throw new LayerRefusal('two extended headers of a kind for one entry');
  return now;
}

function checked(pax: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  for (const key of pax.keys()) {
    if (key.startsWith('GNU.sparse.')) throw new LayerRefusal('a sparse file');
  }
  return pax;
}

/** Records for all entries to come: only comments and the like (git archive) are harmless. */
function refuseGlobal(pax: ReadonlyMap<string, string>, nothingPending: boolean): void {
  if (!nothingPending) throw new LayerRefusal('a global header between an extended header and its entry');
  for (const key of checked(pax).keys()) {
    if (key === 'path' || key === 'linkpath' || key === 'size') {
      throw new LayerRefusal(`a global header sets "${key}"`);
    }
  }
}

function longText(body: Buffer): string {
  let end = body.length;
  while (end > 0 && body[end - 1] === 0) end -= 1;
  const text = decodeName(body.subarray(0, end));
  if (text.includes('\0')) throw new LayerRefusal('a long name holds a NUL');
  return text;
}

function number(pax: ReadonlyMap<string, string> | undefined, key: string, form: RegExp): number | undefined {
  const value = pax?.get(key);
  if (value === undefined) return undefined;
  if (!form.test(value) || !(Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER)) {
    throw new LayerRefusal(`the PAX record "${key}" is not in order`);
  }
  return Number(value);
}
