export type { Catalog, CatalogEntry, SourceState } from './catalog.ts';
export { explainNoKernel } from './explain.ts';
export { FINDER, findKernels } from './find-kernels.ts';
export { Broken, FoundKernels, Interpreter } from './found-kernels.ts';
export { inspect, scan, type ScanOptions, type ScanProgress } from './scan.ts';
