import { Digest, digestParts, Failure, type Limits } from '@berth/schema';
import * as z from 'zod/mini';
import type { ImageFiles } from './image-files.ts';
import { readJsonFile } from './json-file.ts';
import type { LocalImages } from './local-image.ts';

/** Source: OCI image-spec, image-layout.md, index.json. */
const LayoutIndex = z.object({
  manifests: z.array(
    z.object({
      mediaType: z.string(),
      digest: Digest,
      size: z.int().check(z.nonnegative()),
      annotations: z.optional(z.nullable(z.record(z.string(), z.string()))),
    }),
  ),
});

/** The names that tools give an image there: skopeo, buildah and umoci the first, Docker and containerd both. */
const NAMES = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'];

/** An OCI layout as a source; a blob is looked for under its digest alone. @throws Failure `image-unfit` */
export async function ociLayout(files: ImageFiles, path: string, limits: Limits): Promise<LocalImages> {
  const parsed = LayoutIndex.safeParse(await readJsonFile(files, path, 'index.json', limits));
  if (!parsed.success) throw new Failure('image-unfit', { path, why: 'its index.json is not in order' });
  const images = parsed.data.manifests.map(({ mediaType, digest, size, annotations }) => ({
    names: NAMES.flatMap((name) => annotations?.[name] ?? []),
    descriptor: { mediaType, digest, size },
  }));
  return {
    alias: 'local',
    images,
    tags: async function* () {},
    resolve: async (_repository, reference) => {
      const known = images.find(({ descriptor }) => descriptor.digest === reference);
      if (known !== undefined) return known.descriptor;
      throw new Failure('image-unfit', { path, why: `${reference} is not in its index` });
    },
    open: async (_repository, { digest }, signal, range) => {
      const { algorithm, hex } = digestParts(digest);
      const file = `blobs/${algorithm}/${hex}`;
      if ((await files.size(file)) === undefined)
        throw new Failure('image-unfit', { path, why: `${file} is missing` });
      return files.open(file, range?.start ?? 0, signal);
    },
  };
}
