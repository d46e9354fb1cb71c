import type { Image, Kernel, Source } from '@berth/schema';
import { displayNames, kernelTitle } from './display.ts';
import { kernelSpecName, type SpecIdentity } from './names.ts';

/** A kernel of a tag, as found. */
export interface Found {
  readonly image: Image;
  readonly kernel: Kernel;
  readonly source: Source;
}

/** A kernelspec that shall be there. */
export interface Offer extends Found {
  /** directory name */
  readonly name: string;
  readonly displayName: string;
  /** directory that stands for the same kernel of the same digest under another tag: one tile for both */
  readonly sameAs?: string;
}

export const identityOf = ({ image, kernel }: Pick<Found, 'image' | 'kernel'>): SpecIdentity => ({
  source: image.ref.source,
  repository: image.ref.repository,
  tag: image.ref.tag ?? image.digest,
  kernelId: kernel.id,
});

/** Among tags of one digest the one that says most: a version before `latest`, the highest first. */
const bySpeech = (a: string, b: string): number =>
  Number(a === 'latest') - Number(b === 'latest') || b.localeCompare(a, 'en', { numeric: true });

/** Names for all kernels that are offered together; pure. */
export function offersOf(found: readonly Found[]): readonly Offer[] {
  const identities = found.map(identityOf);
  const shown = displayNames(
    found.map(({ kernel }, at) => ({ ...(identities[at] as SpecIdentity), title: kernelTitle(kernel) })),
  );
  const spokesmen = new Map<string, SpecIdentity>();
  const tileOf = ({ image, kernel }: Found): string =>
    `${image.ref.source}/${image.ref.repository}@${image.digest}#${kernel.id}`;
  found.forEach((one, at) => {
    const identity = identities[at] as SpecIdentity;
    const other = spokesmen.get(tileOf(one));
    if (other === undefined || bySpeech(identity.tag, other.tag) < 0) spokesmen.set(tileOf(one), identity);
  });
  return found.map((one, at) => {
    const name = kernelSpecName(identities[at] as SpecIdentity);
    const spokesman = kernelSpecName(spokesmen.get(tileOf(one)) as SpecIdentity);
    return {
      ...one,
      name,
      displayName: shown[at] ?? one.kernel.displayName,
      ...(spokesman === name ? {} : { sameAs: spokesman }),
    };
  });
}
