import type { LayerEntry, Limits } from '@berth/schema';
import { isKept } from './kept-files.ts';
import { layerEntry } from './layer-entry.ts';
import { LayerRefusal } from './layer-refusal.ts';
import type { TarEntry } from './tar-entry.ts';
import type { TarVisitor } from './tar-walker.ts';

/**
 * Collects what a layer says while its tar is walked. A file above `keptFileBytes` is known by its entry only; more than
 * `keptTotalBytes` in one layer is no image anyone makes, and refused.
 */
export class LayerScan implements TarVisitor {
  readonly entries: LayerEntry[] = [];
  readonly bodies = new Map<string, string>();
  readonly #limits: Pick<Limits, 'keptFileBytes' | 'keptTotalBytes'>;
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
    this.entries.push(entry);
    if (entry.type !== 'file' || !isKept(entry.path)) return;
    // the last of two entries of one name counts
    this.bodies.delete(entry.path);
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
    if (this.#path !== undefined) this.bodies.set(this.#path, Buffer.concat(this.#parts).toString('base64'));
    this.#path = undefined;
  }
}
