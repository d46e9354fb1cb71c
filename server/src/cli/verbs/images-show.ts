import {
  Failure,
  formatImageRef,
  parseImageRef,
  printable,
  shortDigest,
  type Config,
  type Image,
  type ImageRef,
} from '@berth/schema';
import { explainNoKernel, inspect, lastKnown, type FoundKernels } from '../../catalog/index.ts';
import { kernelTitle } from '../../kernelspecs/index.ts';
import { jsonText } from '../json-text.ts';
import { nearestName } from '../nearest-name.ts';
import { scanOptions } from '../scan-images.ts';
import { bytesText } from '../table-text.ts';
import type { Verb } from '../verb.ts';

export const imagesShow: Verb = {
  help: {
    usage: 'IMAGE',
    about:
      'Tells what is in one image, SOURCE/REPOSITORY[:TAG][@DIGEST]: digests, platform, layers, and each kernel with the file and layer that show it; or which interpreters were seen and what they lack.',
    options: {},
    positionals: { least: 1, most: 1 },
  },
  run: async (context, typed) => {
    const { config } = await context.loadConfig();
    const entry = await inspect(parseImageRef(typed.positionals[0] ?? ''), scanOptions(context, config));
    context.progress.done();
    if (entry.state === 'failed') throw await withGuess(entry.failure, entry.ref, config);
    const { state: _, ref: __, ...shown } = entry;
    await context.print(context.json ? jsonText(shown) : describe(entry.image, entry));
    return 0;
  },
};

/** Of what the last scan saw: nobody is asked for a guess. By the whole name, or by the last part of the repository's. */
async function withGuess(failure: Failure, ref: ImageRef, config: Config): Promise<Failure> {
  if (failure.code !== 'image-missing') return failure;
  const { entries } = (await lastKnown(config)).catalog;
  const last = ({ repository }: ImageRef): string => repository.split('/').at(-1) ?? '';
  const name = formatImageRef(ref);
  const alike = entries.find((one) => last(one.ref) === last(ref));
  const known = entries.map((one) => formatImageRef(one.ref));
  const near = nearestName(name, known) ?? (alike && formatImageRef(alike.ref));
  if (near === undefined || near === name) return failure;
  return new Failure('image-missing', { ref: `${name} (did you mean "${near}"?)` }, { cause: failure });
}

function describe(image: Image, found: FoundKernels): string {
  const { os, architecture, variant } = image.platform;
  const lines = [
    formatImageRef(image.ref),
    `  digest    ${image.digest}`,
    ...(image.indexDigest === undefined ? [] : [`  index     ${image.indexDigest}`]),
    `  platform  ${[os, architecture, ...(variant === undefined ? [] : [variant])].join('/')}`,
    ...(image.config.created === undefined ? [] : [`  created   ${image.config.created}`]),
    'layers',
    ...image.layers.map(
      ({ digest, size, compression }) => `  ${digest}  ${bytesText(size).padStart(8)}  ${compression}`,
    ),
    ...kernelLines(found),
    ...found.notices.map((notice) => `note: ${notice}`),
  ];
  // path, argv, platform and date are the image's own words
  return lines.map((line) => `${printable(line, 10_000)}\n`).join('');
}

function kernelLines(found: FoundKernels): readonly string[] {
  if (found.kernels.length === 0) return ['no kernel', ...explainNoKernel(found).map((line) => `  ${line}`)];
  const kernels = found.kernels.flatMap((kernel) => {
    const { id, language, argv, evidence } = kernel;
    return [
      `  ${kernelTitle(kernel)} (${language}), id ${id}`,
      `    ${argv.join(' ')}`,
      ...evidence.map(({ path, layer, says }) => `    ${says}: ${path} in layer ${shortDigest(layer)}`),
    ];
  });
  return ['kernels', ...kernels, ...found.broken.map(({ path, why }) => `  ${path} is not offered: ${why}`)];
}
