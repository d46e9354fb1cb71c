import * as z from 'zod/mini';
import { KernelSpecMetadata } from '@berth/schema';
import type { Person } from './person.ts';

/** `jupyter kernelspec list --json`. Source: jupyter_client, kernelspecapp.py. */
const Listing = z.object({
  kernelspecs: z.record(
    z.string(),
    z.object({
      spec: z.object({
        display_name: z.string(),
        metadata: z.optional(z.object({ berth: z.optional(KernelSpecMetadata) })),
      }),
    }),
  ),
});

export interface OfferedKernel {
  /** what Jupyter's clients call it */
  readonly name: string;
  readonly title: string;
  readonly metadata: KernelSpecMetadata;
}

/** Berth's kernels as any Jupyter client of this person sees them. */
export async function offeredKernels(
  person: Person,
  jupyter: string,
  signal: AbortSignal,
): Promise<readonly OfferedKernel[]> {
  const { status, stdout, stderr } = await person.run([jupyter, 'kernelspec', 'list', '--json'], { signal });
  if (status !== 0) throw new Error(`jupyter kernelspec list failed:\n${stderr}`);
  return Object.entries(Listing.parse(JSON.parse(stdout)).kernelspecs).flatMap(([name, { spec }]) => {
    const metadata = spec.metadata?.berth;
    return metadata ? [{ name, title: spec.display_name, metadata }] : [];
  });
}
