export { displayNames, kernelTitle } from './display.ts';
export { kernelSpecName, type SpecIdentity } from './names.ts';
export { orNotWritten, whyNotWritten } from './not-written.ts';
export { identityOf, offersOf, type Found, type Offer } from './offer.ts';
export { defaultResources, specFiles } from './spec-files.ts';
export { foundIn, syncKernelSpecs, type SyncOptions, type SyncReport } from './sync.ts';
export { ownSpecs, removeSpec, specOwner, writeSpec } from './write.ts';
export { isWithdrawn, setWithdrawn } from './withdrawn.ts';
