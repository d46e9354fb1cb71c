/** Stands in for `berth kernels sync` and for the first start of an image, until both exist. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BERTH_FILE, Config, digestParts, LaunchRecord } from '@berth/schema';
import { ensureRootfs } from '../../spawner/src/store/index.ts';
import { blobFile, layoutImage, layoutSource, limits } from '../spawner/store/layout-source.ts';
import { defaultCacheDir, type BuiltImage } from '../images/images.ts';
import type { PersonArea } from './site.ts';

const run = promisify(execFile);

export async function offer(input: {
  readonly area: PersonArea;
  readonly berth: string;
  readonly images: readonly BuiltImage[];
  readonly registryUrl: string;
  readonly emptyStore: boolean;
}): Promise<void> {
  const { area, berth, images, emptyStore } = input;
  const config = Config.parse(JSON.parse(await readFile(area.env['BERTH_CONFIG'] ?? '', 'utf8')) as unknown);
  for (const built of images) {
    const found = await layoutImage(built.layout);
    const file = blobFile(built.layout, found.configDigest);
    const { config: inner } = JSON.parse(await readFile(file, 'utf8')) as { config: { Env?: string[] } };
    const env = Object.fromEntries(
      (inner.Env ?? []).map((e) => [e.split('=')[0], e.slice(e.indexOf('=') + 1)]),
    );
    const ref = { source: 'lab', repository: built.repository, tag: built.tags[0] };
    const image = { ...found, ref, config: { ...found.config, env } };
    for (const { language, interpreter = '' } of built.expectedKernels) {
      const id = language.toLowerCase();
      const module = language === 'bash' ? 'bash_kernel' : 'ipykernel_launcher';
      const record = {
        version: 1,
        image,
        kernel: {
          id,
          origin: 'kernelspec',
          language,
          displayName: `${language} of ${built.name}`,
          argv:
            language === 'R'
              ? [interpreter, '--slave', '-e', 'IRkernel::main()', '--args', '{connection_file}']
              : [interpreter, '-m', module, '-f', '{connection_file}'],
          env: {},
          interruptMode: 'signal',
          prefix: '/usr',
          metadata: {},
          logos: {},
          evidence: [],
        },
        resources: config.profiles[config.defaultProfile ?? '']?.resources,
        source: config.sources['lab' as keyof typeof config.sources],
        store: config.store,
        slurm: config.slurm,
        node: config.node,
        container: config.container,
        limits: config.limits,
        restartGuard: config.restartGuard,
      };
      const directory = join(area.kernels, `lab-${built.name}-${id}`);
      await mkdir(directory);
      await writeFile(join(directory, BERTH_FILE), JSON.stringify(LaunchRecord.parse(record)));
      const spec = {
        argv: [berth, 'kernel', directory, '{connection_file}'],
        display_name: record.kernel.displayName,
        language,
        metadata: { supported_encryption: ['curve'] },
      };
      await writeFile(join(directory, 'kernel.json'), JSON.stringify(spec));
    }
    if (!emptyStore) {
      const { hex } = digestParts(found.digest);
      const shelf = join(area.store, 'sqfs/sha256');
      await mkdir(shelf, { recursive: true });
      await run('cp', ['--reflink=auto', await keptSquashfs(built, hex), join(shelf, `${hex}.sqfs`)]);
    }
  }
  const { uid, gid } = area.user;
  await mkdir(area.store, { recursive: true });
  await run('chown', ['-R', `${uid}:${gid}`, area.kernels, area.store]);
  await run('chmod', ['-R', 'go-rwx', area.store]);
}

/** Made once and kept beside the images' layouts. */
async function keptSquashfs(built: BuiltImage, hex: string): Promise<string> {
  const kept = join(defaultCacheDir(), 'rootfs', `${hex}.sqfs`);
  if (await stat(kept).catch(() => undefined)) return kept;
  const store = {
    path: join(defaultCacheDir(), 'rootfs', 'store'),
    format: 'squashfs',
    compression: 'zstd',
  } as const;
  const image = await layoutImage(built.layout);
  const made = await ensureRootfs(image, layoutSource(built.layout), { store, tar2sqfs: 'tar2sqfs', limits });
  await rename(made.path, kept);
  return kept;
}
