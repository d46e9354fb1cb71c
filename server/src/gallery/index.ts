export { Gallery } from './gallery.ts';
export type { GalleryOptions } from './gallery-options.ts';
