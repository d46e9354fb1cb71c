import type { Kernel } from '@berth/schema';

/** A Python that stands in an image, whether or not a kernel came of it. */
export interface Interpreter {
  /** path in the image, absolute */
  readonly path: string;
  /** e.g. `3.11` */
  readonly version?: string;
  /** installation prefix, e.g. `/usr` */
  readonly prefix: string;
  /** version of the ipykernel that this prefix can import, e.g. `6.29.5` */
  readonly ipykernel?: string;
}

/** A kernelspec that is there and cannot be offered. */
export interface Broken {
  /** path in the image, absolute */
  readonly path: string;
  readonly why: string;
}

export interface FoundKernels {
  readonly kernels: readonly Kernel[];
  readonly seen: readonly Interpreter[];
  readonly broken: readonly Broken[];
  /** what was changed or left out of healthy kernels, e.g. a dropped environment variable */
  readonly notices: readonly string[];
}
