import type { Limits } from '@berth/schema';
import { imagePath } from './image-path.ts';
import { TYPE_OF_FLAG, type TarEntry } from './tar-entry.ts';
import { BLOCK, decodeTarHeader, paddingOf, type TarHeader } from './tar-header.ts';
import { PAX_BYTES, TarPending } from './tar-pending.ts';
import { LayerRefusal } from './layer-refusal.ts';

export type TarLimits = Pick<Limits, 'layerEntries' | 'pathBytes' | 'pathDepth'>;

/** Told what a TarWalker meets, in order: `entry`, its bytes (zero or more `body`), `end`. */
export interface TarVisitor {
  entry(entry: TarEntry): void;
  /** a view into the pushed chunk: copy what is to be kept */
  body?(bytes: Buffer): void;
  end?(): void;
}

const STATE = { header: 0, meta: 1, body: 2, ended: 3 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/**
 * Reads headers of a tar (v7, ustar, PAX, GNU long names) that is pushed in chunks of any size; nothing is ever
 * extracted. Synchronous, because a promise for each of 60,000 entries costs more than reading them.
 *
 * Refused (LayerRefusal), beyond what every reader refuses: numbers that are not, sizes below 0 or beyond 2^53, `..`, NUL
 * in names, links and devices with a size, sparse files, unknown typeflags, a lone zero block, two extended headers of a
 * kind. Taken as GNU tar does: an archive that ends at a header's place without zero blocks; anything after two of them.
 */
export class TarWalker {
  readonly #limits: TarLimits;
  readonly #visitor: TarVisitor;
  readonly #pending = new TarPending();
  readonly #block = Buffer.alloc(BLOCK);
  #state: State = STATE.header;
  #held = 0;
  /** bytes of the current body or extended header still to come, then its padding */
  #left = 0;
  #padding = 0;
  #metaFlag = '';
  #meta = Buffer.alloc(0);
  #entries = 0;
  #zeroBlocks = 0;

  constructor(limits: TarLimits, visitor: TarVisitor) {
    this.#limits = limits;
    this.#visitor = visitor;
  }

  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < chunk.length && this.#state !== STATE.ended) {
      at = this.#state === STATE.header ? this.#takeHeader(chunk, at) : this.#takeBody(chunk, at);
    }
  }

  /** The archive's bytes are over. @throws LayerRefusal when something is missing */
  end(): void {
    const cut = this.#state === STATE.meta || this.#state === STATE.body || this.#held > 0;
    if (cut) throw new LayerRefusal('the archive is cut short');
    if (!this.#pending.isEmpty) throw new LayerRefusal('an extended header without an entry');
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const available = chunk.length - at;
    if (this.#held === 0 && available >= BLOCK) {
      this.#header(chunk.subarray(at, at + BLOCK));
      return at + BLOCK;
    }
    const taken = Math.min(available, BLOCK - this.#held);
    chunk.copy(this.#block, this.#held, at, at + taken);
    this.#held += taken;
    if (this.#held === BLOCK) {
      this.#held = 0;
      this.#header(this.#block);
    }
    return at + taken;
  }

  #takeBody(chunk: Buffer, at: number): number {
    const taken = Math.min(chunk.length - at, this.#left);
    if (taken > 0) {
      const part = chunk.subarray(at, at + taken);
      if (this.#state === STATE.body) this.#visitor.body?.(part);
      else part.copy(this.#meta, this.#meta.length - this.#left);
      this.#left -= taken;
      if (this.#left > 0) return at + taken;
    }
    const skipped = Math.min(chunk.length - at - taken, this.#padding);
    this.#padding -= skipped;
    if (this.#padding === 0) this.#finishBody();
    return at + taken + skipped;
  }

  #finishBody(): void {
    const wasBody = this.#state === STATE.body;
    this.#state = STATE.header;
    if (wasBody) this.#visitor.end?.();
    else this.#pending.add(this.#metaFlag, this.#meta);
  }

  #header(block: Buffer): void {
    if (isZero(block)) {
      if (!this.#pending.isEmpty) throw new LayerRefusal('an extended header without an entry');
      this.#zeroBlocks += 1;
      if (this.#zeroBlocks === 2) this.#state = STATE.ended;
      return;
    }
    if (this.#zeroBlocks > 0) throw new LayerRefusal('a lone zero block inside the archive');
    const header = decodeTarHeader(block);
    if ('xgLK'.includes(header.type)) this.#startMeta(header);
    else this.#startEntry(this.#pending.applyTo(header));
  }

  #startMeta(header: TarHeader): void {
    // global headers come without entries and count, or they would be endless
    if (header.type === 'g') this.#count();
    const isName = header.type === 'L' || header.type === 'K';
    const [key, cap] = isName
      ? (['pathBytes', this.#limits.pathBytes + 1] as const)
      : (['', PAX_BYTES] as const);
    if (header.size > cap) {
      throw isName
        ? new LayerRefusal('the bytes of a path', { key, value: this.#limits.pathBytes })
        : new LayerRefusal('an extended header is larger than 1 MiB');
    }
    this.#metaFlag = header.type;
    this.#meta = Buffer.alloc(header.size);
    this.#expect(STATE.meta, header.size);
  }

  #startEntry(header: TarHeader): void {
    this.#count();
    const entry = entryOf(header, this.#limits);
    this.#visitor.entry(entry);
    this.#expect(STATE.body, entry.size);
  }

  #expect(state: State, size: number): void {
    this.#state = state;
    this.#left = size;
    this.#padding = paddingOf(size);
    if (size === 0) this.#finishBody();
  }

  #count(): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.layerEntries) {
      throw new LayerRefusal('the entries of a layer', {
        key: 'layerEntries',
        value: this.#limits.layerEntries,
      });
    }
  }
}

function entryOf(header: TarHeader, limits: TarLimits): TarEntry {
  const found = TYPE_OF_FLAG.get(header.type);
  if (found === undefined) {
    throw new LayerRefusal(
      header.type === 'S' ? 'a sparse file' : `an entry of unknown type "${header.type}"`,
    );
  }
  // v7 has no directories: a file whose name ends in a slash is one
  const type = found === 'file' && header.name.endsWith('/') ? 'directory' : found;
  if (type !== 'file' && header.size !== 0) {
    throw new LayerRefusal(`a ${type} with a size: readers disagree where the next entry starts`);
  }
  const path = imagePath(header.name, limits);
  if (path === '' && type !== 'directory') throw new LayerRefusal(`a ${type} in place of the root directory`);
  const { mode, uid, gid, size, mtime } = header;
  const entry = { type, path, mode, uid, gid, size, mtime };
  if (type === 'hardlink') return { ...entry, target: linkTarget(header.linkname, limits) };
  if (type === 'symlink') return { ...entry, target: symlinkTarget(header.linkname, limits) };
  return entry;
}

function linkTarget(linkname: string, limits: TarLimits): string {
  const target = imagePath(linkname, limits);
  if (target === '') throw new LayerRefusal('a hard link to nothing');
  return target;
}

/** A symlink may say what it likes: nobody follows it but inside the merged tree. */
function symlinkTarget(linkname: string, limits: TarLimits): string {
  if (linkname === '') throw new LayerRefusal('a symlink to nothing');
  if (linkname.length > limits.pathBytes) {
    throw new LayerRefusal('the bytes of a path', { key: 'pathBytes', value: limits.pathBytes });
  }
  return linkname;
}

function isZero(block: Buffer): boolean {
  // a header's first byte is its name's; most blocks are decided here
  return block[0] === 0 && ZERO.equals(block);
}
const ZERO = Buffer.alloc(BLOCK);
