import { scan } from '../../catalog/index.ts';
import { foundIn, offersOf, ownSpecs } from '../../kernelspecs/index.ts';
import { formatImageRef } from '@berth/schema';
import { jsonText } from '../json-text.ts';
import { demandSources, exitStatusOf, noteTroubles, scanOptions } from '../scan-images.ts';
import { tableText } from '../table-text.ts';
import type { Verb } from '../verb.ts';

export const kernelsLs: Verb = {
  help: {
    usage: '',
    about:
      'Lists all kernels of all images with the kernelspec of each, and whether it is written ("yes") or not.',
    options: {},
    positionals: { least: 0, most: 0 },
  },
  run: async (context) => {
    const { file, config } = await context.loadConfig();
    demandSources(config, file);
    const catalog = await scan(scanOptions(context, config));
    noteTroubles(catalog, context.note);
    const written = new Set(await ownSpecs(config.kernels.directory));
    const kernels = offersOf(foundIn(catalog, config)).map(
      ({ name, displayName, image, kernel, sameAs }) => ({
        name,
        displayName,
        language: kernel.language,
        image: formatImageRef(image.ref),
        digest: image.digest,
        kernel: kernel.id,
        written: written.has(name),
        ...(sameAs === undefined ? {} : { sameAs }),
      }),
    );
    context.progress.done();
    if (kernels.length === 0 && !context.json) context.note('There is no kernel.');
    const rows = kernels.map((one) => [one.displayName, one.image, one.written ? 'yes' : 'no', one.name]);
    await context.print(
      context.json
        ? jsonText(kernels)
        : kernels.length === 0
          ? ''
          : tableText(['KERNEL', 'IMAGE', 'WRITTEN', 'KERNELSPEC'], rows),
    );
    return exitStatusOf(catalog);
  },
};
