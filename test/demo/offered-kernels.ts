import * as z from 'zod/mini';
import { KernelSpecMetadata } from '@berth/schema';
import type { BuiltImage } from '../images/images.ts';
import type { Person } from './person.ts';

/** `jupyter kernelspec list --json`. Source: jupyter_client, kernelspecapp.py. */
const Listing = z.object({
  kernelspecs: z.record(
    z.string(),
    z.object({
      resource_dir: z.string(),
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

/**
 * The kernels of this demo as any Jupyter client of this person sees them: those that lie below `person.env.JUPYTER_PATH`.
 * An ordinary user may have others, of another installation of Berth, which ask for another cluster.
 */
export async function offeredKernels(
  person: Person,
  jupyter: string,
  signal: AbortSignal,
): Promise<readonly OfferedKernel[]> {
  const { status, stdout, stderr } = await person.run([jupyter, 'kernelspec', 'list', '--json'], { signal });
  if (status !== 0) throw new Error(`jupyter kernelspec list failed:\n${stderr}`);
  return kernelsBelow(person.env['JUPYTER_PATH'] ?? '', stdout);
}

/** Berth's kernels of such a listing whose kernelspec is in `directory`. */
export function kernelsBelow(directory: string, listing: string): readonly OfferedKernel[] {
  return Object.entries(Listing.parse(JSON.parse(listing)).kernelspecs).flatMap(
    ([name, { spec, resource_dir: place }]) => {
      const metadata = spec.metadata?.berth;
      return metadata && place.startsWith(`${directory}/`)
        ? [{ name, title: spec.display_name, metadata }]
        : [];
    },
  );
}

/** Where the offer is not what the images hold: languages of each image's kernels, one sentence for each difference. */
export function unexpected(
  images: readonly Pick<BuiltImage, 'repository' | 'tags' | 'expectedKernels'>[],
  kernels: readonly Pick<OfferedKernel, 'metadata'>[],
): readonly string[] {
  const words = (languages: readonly string[]): string =>
    languages
      .map((language) => language.toLowerCase())
      .sort()
      .join(', ') || 'none';
  return images.flatMap(({ repository, tags, expectedKernels }) =>
    tags.flatMap((tag) => {
      const image = `${repository}:${tag}`;
      const offered = kernels.filter(({ metadata }) => metadata.image.endsWith(`/${image}`));
      const found = words(offered.map(({ metadata }) => metadata.language));
      const held = words(expectedKernels.map(({ language }) => language));
      return found === held ? [] : [`${image} holds kernels of ${held}; offered: ${found}`];
    }),
  );
}
