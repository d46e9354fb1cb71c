/** A kernel that some people may see. */
export interface OfferedKernel {
  /** of its kernelspec */
  readonly name: string;
  readonly title: string;
  readonly image: string;
  /** a Unix group; undefined for everybody */
  readonly audience: string | undefined;
}
