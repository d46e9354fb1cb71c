import type { Limits } from '@berth/schema';
import { LayerRefusal } from './layer-refusal.ts';

export type PathLimits = Pick<Limits, 'pathBytes' | 'pathDepth'>;

/**
 * A name from an archive as a path relative to the image's root: leading `/`, `./`, doubled and trailing slashes go.
 * `..` is refused anywhere, also where it would stay inside: what it means depends on symlinks. `''` is the root.
 * @throws LayerRefusal
 */
export function imagePath(name: string, limits: PathLimits): string {
  // UTF-16 units never outnumber UTF-8 bytes, so most names need no count
  if (name.length * 3 > limits.pathBytes && Buffer.byteLength(name) > limits.pathBytes) {
    throw new LayerRefusal('the bytes of a path', { key: 'pathBytes', value: limits.pathBytes });
  }
  if (name.includes('\0')) throw new LayerRefusal('a name holds a NUL');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new LayerRefusal(`the name "${name.slice(0, 200)}" holds ".."`);
  if (parts.length > limits.pathDepth) {
    throw new LayerRefusal('the depth of a path', { key: 'pathDepth', value: limits.pathDepth });
  }
  return parts.join('/');
}
