export type { Allocations, KernelGallery, LaunchBoard, Publish, Services } from './services.ts';
