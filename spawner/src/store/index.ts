export type { EnsureOptions } from './ensure-options.ts';
export { ensureRootfs } from './ensure-rootfs.ts';
export { findRootfs } from './find-rootfs.ts';
export type { Progress } from './progress.ts';
export { rootfsFromSource } from './rootfs-from-source.ts';
export type { StoreOptions } from './store-paths.ts';
