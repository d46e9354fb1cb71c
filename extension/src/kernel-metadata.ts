import { KernelSpecMetadata } from '@berth/schema';

/**
 * What Berth wrote into a kernelspec, for the tile of it: `spec` is one entry of Jupyter's `/api/kernelspecs` (its
 * `spec.metadata.berth`). Undefined for a kernelspec that is not Berth's, or is of a Berth that we cannot read: its tile
 * then stays a plain one. Whoever can write kernelspecs can write anything here, so it is shown, never acted upon.
 */
export function readKernelMetadata(spec: {
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}): KernelSpecMetadata | undefined {
  const { success, data } = KernelSpecMetadata.safeParse(spec.metadata?.['berth']);
  return success ? data : undefined;
}
