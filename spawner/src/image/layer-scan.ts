import type { Limits } from '@berth/schema';
import { isKept } from './kept-files.ts';
import { layerEntry } from './layer-entry.ts';
import { LayerRefusal } from './layer-refusal.ts';
import type { TarEntry } from './tar-entry.ts';
import type { TarVisitor } from './tar-walker.ts';

/** Characters of JSON that are gathered before they become bytes. */
const GATHER = 64 * 1024;

/**
 * Collects what a layer says while its tar is walked, entries at once as bytes of JSON: 100,000 objects would be traced by
 * each of the collections that the decompressed chunks cause, which cost a fifth of the whole scan. A file above `keptFileBytes` is known by its entry only; more than
 * `keptTotalBytes` in one layer is no image anyone makes, and refused.
 */
export class LayerScan implements TarVisitor {
  readonly #bodies = new Map<string, string>();
  readonly #limits: Pick<Limits, 'keptFileBytes' | 'keptTotalBytes'>;
  readonly #bytes: Buffer[] = [];
  #text = '';
  #kept = 0;
  #path: string | undefined;
  #parts: Buffer[] = [];

  constructor(limits: Pick<Limits, 'keptFileBytes' | 'keptTotalBytes'>) {
    this.#limits = limits;
  }

  entry(tarEntry: TarEntry): void {
    const entry = layerEntry(tarEntry);
    this.#path = undefined;
    if (entry === undefined) return;
    this.#add(JSON.stringify(entry));
    if (entry.type !== 'file' || !isKept(entry.path)) return;
    // the last of two entries of one name counts
    this.#bodies.delete(entry.path);
    if (entry.size > this.#limits.keptFileBytes) return;
    this.#kept += entry.size;
    if (this.#kept > this.#limits.keptTotalBytes) {
      const value = this.#limits.keptTotalBytes;
      throw new LayerRefusal('the bytes of kernelspecs and logos of a layer', {
        key: 'keptTotalBytes',
        value,
      });
    }
    this.#path = entry.path;
    this.#parts = [];
  }

  body(bytes: Buffer): void {
    // a copy: the chunk is 256 KiB and would be held as a whole
    if (this.#path !== undefined) this.#parts.push(Buffer.from(bytes));
  }

  end(): void {
    if (this.#path !== undefined) this.#bodies.set(this.#path, Buffer.concat(this.#parts).toString('base64'));
    this.#path = undefined;
  }

  /** A LayerIndex as JSON, `envelope` holding all but entries and bodies. In memory of its own, to be handed to another thread. */
  toJson(envelope: Readonly<Record<string, unknown>>): Uint8Array<ArrayBuffer> {
    const head = JSON.stringify({ ...envelope, bodies: Object.fromEntries(this.#bodies) }).slice(0, -1);
    this.#flush();
    const parts = [Buffer.from(`${head},"entries":[`), ...this.#bytes, Buffer.from(']}')];
    const json = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      json.set(part, at);
      at += part.length;
    }
    return json;
  }

  #add(json: string): void {
    this.#text += this.#text === '' && this.#bytes.length === 0 ? json : `,${json}`;
    if (this.#text.length >= GATHER) this.#flush();
  }

  #flush(): void {
    this.#bytes.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
