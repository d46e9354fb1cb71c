import { BERTH_FILE, Failure, KernelSpec, LaunchRecord, formatImageRef } from '@berth/schema';
import { join } from 'node:path';
import { readRegular } from './own-file.ts';

const MOST_BYTES = 8 * 1024 * 1024;

/** A kernelspec as it is now, to be started from another directory. */
export interface KernelCopy {
  readonly displayName: string;
  readonly language: string;
  readonly image: string;
  readonly record: LaunchRecord;
  /** file name to content, for the kernelspec in `target` */
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Copies what a start needs, so that a job runs the image that was there when it was submitted, whatever is synced meanwhile.
 * @param directory where kernelspecs are written
 * @param target where the copy will be, absolute
 * @throws Failure `kernel-not-offered`
 */
export async function copyKernel(directory: string, name: string, target: string): Promise<KernelCopy> {
  const source = join(directory, name);
  try {
    const spec = KernelSpec.parse(await json(join(source, 'kernel.json')));
    const record = LaunchRecord.parse(await json(join(source, BERTH_FILE)));
    return {
      displayName: spec.display_name,
      language: spec.language,
      image: formatImageRef(record.image.ref),
      record,
      files: new Map([
        ['kernel.json', Buffer.from(JSON.stringify(movedSpec(spec, target)))],
        [BERTH_FILE, Buffer.from(JSON.stringify(record))],
      ]),
    };
  } catch (cause) {
    throw new Failure('kernel-not-offered', { name, directory }, { cause });
  }
}

/** The same, where its command (`berth kernel DIRECTORY {connection_file}`) names another directory; pure. */
export const movedSpec = (spec: KernelSpec, target: string): KernelSpec => ({
  ...spec,
  argv: spec.argv.map((word, at) => (at === 2 && spec.argv[1] === 'kernel' ? target : word)),
});

/**
 * Such a copy once more, for another directory; pure.
 * @throws Failure `kernel-not-offered` when it is damaged
 */
export function movedFiles(
  files: ReadonlyMap<string, Buffer>,
  name: string,
  target: string,
): ReadonlyMap<string, Buffer> {
  try {
    const spec = KernelSpec.parse(JSON.parse(String(files.get('kernel.json'))));
    LaunchRecord.parse(JSON.parse(String(files.get(BERTH_FILE))));
    return new Map(files).set('kernel.json', Buffer.from(JSON.stringify(movedSpec(spec, target))));
  } catch (cause) {
    throw new Failure('kernel-not-offered', { name, directory: 'the copy of that job' }, { cause });
  }
}

const json = async (path: string): Promise<unknown> =>
  JSON.parse((await readRegular(path, MOST_BYTES)).toString('utf8'));
