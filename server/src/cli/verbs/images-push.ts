import { Failure, formatImageRef, parseImageRef, printable, type Config, type ImageRef } from '@berth/schema';
import {
  chooseImage,
  openLocalImages,
  openSource,
  openTarget,
  parsePlatform,
  pushImage,
  type BlobSource,
  type PushProgress,
} from '@berth/spawner/image';
import { existsSync } from 'node:fs';
import { jsonText } from '../json-text.ts';
import { pushTarget, type PushTarget } from '../push-target.ts';
import { scanOptions } from '../scan-images.ts';
import { bytesText } from '../table-text.ts';
import type { Typed, Verb, VerbContext } from '../verb.ts';

export const imagesPush: Verb = {
  help: {
    usage: 'PATH|IMAGE s3://BUCKET/PREFIX/NAME:TAG',
    about:
      'Brings an image into a bucket of the configuration: an OCI layout (a directory or a tar), a "docker save" archive, or an image of a source, SOURCE/REPOSITORY[:TAG][@DIGEST]. Of several platforms that of the nodes (catalog.platform). Every byte is verified; what the bucket has already is not sent again; the tag comes last, so a push that was stopped leaves nothing half-made, and goes on when it is run again.',
    options: {
      image: { type: 'string', value: 'NAME', about: 'which image, where a layout or archive holds several' },
      source: {
        type: 'string',
        value: 'SOURCE',
        about: 'into the bucket of this source, where several sources have a bucket of that name',
      },
      again: { type: 'boolean', about: 'send also what the bucket has already: heals a damaged one' },
    },
    positionals: { least: 2, most: 2 },
  },
  run: async (context, typed) => {
    const [what = '', where = ''] = typed.positionals;
    const { config } = await context.loadConfig();
    const target = pushTarget(where, config, typed.text('source'));
    const { source, ref } = await pushed(what, target, typed, context, config);
    const { limits } = config;
    const writer = await openTarget(target.alias, target.config, { limits });
    const result = await pushImage({ source, ref }, writer, target, {
      platform: parsePlatform(config.catalog.platform),
      limits,
      signal: context.signal,
      again: typed.has('again'),
      onProgress: (progress) => context.progress.update(progressText(progress)),
    });
    context.progress.done();
    const { alias, repository, tag } = target;
    const name = formatImageRef({ source: alias, repository, tag });
    const { digest, sent, there } = result;
    await context.print(
      context.json
        ? jsonText({ image: name, digest, sent, there })
        : `${name}@${digest}\n${bytesText(sent)} sent, ${bytesText(there)} were there\n`,
    );
    return 0;
  },
};

/** What is on disk under that name, else an image of a source. */
async function pushed(
  what: string,
  { alias, repository, tag }: PushTarget,
  typed: Typed,
  context: VerbContext,
  config: Config,
): Promise<{ readonly source: BlobSource; readonly ref: ImageRef }> {
  if (existsSync(what)) {
    context.progress.update(`looking into ${printable(what)}`);
    const source = await openLocalImages(what, config.limits, context.signal);
    const { digest } = chooseImage(source, what, typed.text('image'), tag);
    return { source, ref: { source: alias, repository, digest } };
  }
  if (typed.text('image') !== undefined) {
    const why = 'there is no such file, and --image is for a layout or an archive';
    throw new Failure('image-unfit', { path: what, why });
  }
  // a reference has one
  if (/^[./~]/.test(what) || !what.includes('/'))
    throw new Failure('image-unfit', { path: what, why: 'there is no such file' });
  const ref = parseImageRef(what);
  const place = Object.hasOwn(config.sources, ref.source) ? config.sources[ref.source] : undefined;
  if (place === undefined) {
    const known = Object.keys(config.sources).join(', ') || 'none';
    throw new Failure('source-unknown', { source: ref.source, known });
  }
  const { credentials } = scanOptions(context, config);
  return { source: openSource(ref.source, place, { credentials, limits: config.limits }), ref };
}

const progressText = ({ total, sent, there }: PushProgress): string =>
  `${bytesText(sent)} sent, ${bytesText(there)} were there, of ${bytesText(total)}`;
