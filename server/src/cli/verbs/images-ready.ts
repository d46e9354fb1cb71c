import { formatImageRef, parseImageRef, type Config, type Image, type Rootfs } from '@berth/schema';
import { containerEnvironment, environmentFile } from '@berth/spawner/launch';
import { rootfsFromSource, type Progress } from '@berth/spawner/store';
import { userInfo } from 'node:os';
import { resolveNamed } from '../../catalog/index.ts';
import { jsonText } from '../json-text.ts';
import { scanOptions } from '../scan-images.ts';
import { bytesText } from '../table-text.ts';
import type { Verb } from '../verb.ts';

export const imagesReady: Verb = {
  help: {
    usage: 'IMAGE',
    about:
      'Makes an image, SOURCE/REPOSITORY[:TAG][@DIGEST], ready in the store, where it is not, and tells where it is: the first kernel of it then starts at once, and "srun --berth-image=IMAGE" from a kernel.',
    options: {
      words: {
        type: 'boolean',
        about: 'store, format, path and environment, each ended by a NUL: for berth-gate',
      },
    },
    positionals: { least: 1, most: 1 },
  },
  run: async (context, typed) => {
    const { config } = await context.loadConfig();
    const ref = parseImageRef(typed.positionals[0] ?? '');
    const image = await resolveNamed(ref, scanOptions(context, config));
    const source = config.sources[ref.source];
    if (source === undefined) throw new Error(`resolved without a source: ${ref.source}`);
    const access = { source, home: context.home, env: context.env };
    const { path, format } = await rootfsFromSource(image, access, {
      store: config.store,
      tar2sqfs: config.node.tar2sqfs,
      limits: config.limits,
      signal: context.signal,
      onProgress: (progress) => context.progress.update(progressText(progress)),
    });
    context.progress.done();
    const name = formatImageRef(image.ref);
    if (typed.has('words')) await context.print(words(image, config, { path, format }));
    else if (context.json) await context.print(jsonText({ image: name, digest: image.digest, format, path }));
    else await context.print(`${name}@${image.digest}\n${path}\n`);
    return 0;
  },
};

/** The other side is named_image.c. The environment is that of the image for whoever asks; there is no kernel, and no client. */
function words(image: Image, config: Config, { path, format }: Pick<Rootfs, 'path' | 'format'>): string {
  const { username, uid, homedir, shell } = userInfo();
  const person = { name: username, uid, home: homedir, shell: shell ?? '/bin/sh' };
  const env = containerEnvironment(image.config, { env: {} }, config.container, person, {});
  const all = [config.store.path, format, path, environmentFile(env).text];
  return all.map((word) => `${word}\0`).join('');
}

const DOING = {
  fetching: 'fetching',
  packing: 'packing',
  waiting: 'waiting for who makes it ready',
} as const;

const progressText = ({ doing, bytes, total }: Progress): string =>
  total > 0 ? `${DOING[doing]}, ${bytesText(bytes)} of ${bytesText(total)}` : DOING[doing];
