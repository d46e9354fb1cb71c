import { formatImageRef, parseImageRef, printable, shortDigest, type Image } from '@berth/schema';
import { explainNoKernel, inspect, type FoundKernels } from '../../catalog/index.ts';
import { jsonText } from '../json-text.ts';
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
    if (entry.state === 'failed') throw entry.failure;
    const { state: _, ref: __, ...shown } = entry;
    await context.print(context.json ? jsonText(shown) : describe(entry.image, entry));
    return 0;
  },
};

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
  const kernels = found.kernels.flatMap(({ id, displayName, language, argv, evidence }) => [
    `  ${displayName} (${language}), id ${id}`,
    `    ${argv.join(' ')}`,
    ...evidence.map(({ path, layer, says }) => `    ${says}: ${path} in layer ${shortDigest(layer)}`),
  ]);
  return ['kernels', ...kernels, ...found.broken.map(({ path, why }) => `  ${path} is not offered: ${why}`)];
}
