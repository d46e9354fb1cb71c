export { readKernelMetadata } from './kernel-metadata.ts';
