export type { Catalog, CatalogEntry, SourceState } from './catalog.ts';
export { explainNoKernel } from './explain.ts';
export { FINDER, findKernels } from './find-kernels.ts';
export { Broken, FoundKernels, Interpreter } from './found-kernels.ts';
export { lastKnown, type LastKnown } from './last-known.ts';
export { cachedKernels } from './look-into.ts';
export { inspect, scan, type ScanOptions, type ScanProgress } from './scan.ts';
