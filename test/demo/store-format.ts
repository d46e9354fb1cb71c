import { closeSync, openSync } from 'node:fs';

export type StoreFormat = 'squashfs' | 'directory';

/**
 * How the nodes of the demo, which are this machine, keep an image: as squashfs where FUSE works, unpacked where not
 * (most containers, Binder among them). Opening says it: the device may be there and yet be forbidden.
 */
export function storeFormat(device = '/dev/fuse'): StoreFormat {
  try {
    closeSync(openSync(device, 'r+'));
    return 'squashfs';
  } catch {
    return 'directory';
  }
}
