import { join } from 'node:path';
import type { LaunchRecord } from '@berth/schema';

/** The kernel's argv with the image's own interpreter in the unpacked rootfs, to be run on the host as it is. */
export function unpackedArgv({ image, kernel }: LaunchRecord, store: string): string[] {
  const rootfs = join(store, 'dir', image.digest.replace(':', '/'));
  return kernel.argv.map((word) => (word.startsWith('/') ? join(rootfs, word) : word));
}
