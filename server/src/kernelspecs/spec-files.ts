import {
  BERTH_FILE,
  formatImageRef,
  LAUNCH_RECORD_VERSION,
  Resources,
  type Config,
  type KernelSpec,
  type KernelSpecMetadata,
  type LaunchRecord,
} from '@berth/schema';
import { join } from 'node:path';
import type { Offer } from './offer.ts';

export interface SpecPlace {
  /** where kernelspecs are written, absolute */
  readonly directory: string;
  /** the `berth` command, absolute */
  readonly berth: string;
}

/** File name -> content of one kernelspec directory; pure. */
export type SpecFiles = ReadonlyMap<string, Buffer>;

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);

/** The resources of a kernel for which nothing was chosen. */
export const defaultResources = ({ profiles, defaultProfile }: Config): Resources =>
  (defaultProfile === undefined ? undefined : profiles[defaultProfile]?.resources) ?? Resources.parse({});

export function specFiles(offer: Offer, config: Config, place: SpecPlace): SpecFiles {
  const { image, kernel } = offer;
  const berth: KernelSpecMetadata = {
    image: formatImageRef(image.ref),
    digest: image.digest,
    kernel: kernel.id,
    language: kernel.language,
    ...(offer.sameAs === undefined ? {} : { sameAs: offer.sameAs }),
  };
  const spec: KernelSpec = {
    // absolute, without {resource_dir}: not every client replaces that
    argv: [place.berth, 'kernel', join(place.directory, offer.name), '{connection_file}'],
    display_name: offer.displayName,
    language: kernel.language,
    interrupt_mode: kernel.interruptMode,
    metadata: { ...kernel.metadata, berth },
  };
  const record: LaunchRecord = {
    version: LAUNCH_RECORD_VERSION,
    image,
    // a launch needs no pictures
    kernel: { ...kernel, logos: {} },
    resources: defaultResources(config),
    source: offer.source,
    store: config.store,
    slurm: config.slurm,
    node: config.node,
    container: config.container,
    limits: config.limits,
    restartGuard: config.restartGuard,
  };
  const logos = Object.entries(kernel.logos).map(
    ([name, base64]) => [name, Buffer.from(base64, 'base64')] as const,
  );
  // in the order in which they are written: the record, by which a launch goes, last
  return new Map([...logos, ['kernel.json', json(spec)], [BERTH_FILE, json(record)]]);
}
