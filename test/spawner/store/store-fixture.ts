import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { writeImage, type TarLayer } from '../../images/oci-layout.ts';
import { tarOf, type TarEntry } from '../../images/ustar.ts';
import type { StoreOptions } from '../../../spawner/src/store/index.ts';
import type { MakerOrder } from './maker.ts';

const here = import.meta.dirname;
const run = promisify(execFile);
const node = (script: string): string[] => ['--conditions=berth-source', join(here, script)];

/** A temporary directory with makers in it; all end with `close`. */
export class StoreFixture {
  readonly path: string;
  readonly #makers: ChildProcess[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<StoreFixture> {
    return new StoreFixture(await mkdtemp(join(tmpdir(), 'store-test-')));
  }

  store(over: Partial<StoreOptions> = {}): StoreOptions {
    return { path: join(this.path, 'store'), format: 'squashfs', compression: 'zstd', ...over };
  }

  /** An OCI layout with one image of hand-made layers. */
  async layout(...layers: readonly (readonly TarEntry[])[]): Promise<string> {
    const directory = await mkdtemp(join(this.path, 'layout-'));
    const tars = layers.map((entries): TarLayer => ({ tar: tarOf(entries), compression: 'gzip' }));
    await writeImage(directory, { layers: tars, tags: ['latest'] });
    return directory;
  }

  /** Starts a maker; `wrapper` is put before its command line. */
  maker(order: MakerOrder, wrapper: readonly string[] = []): Maker {
    const argv = [...wrapper, process.execPath, ...node('maker.ts'), JSON.stringify(order)];
    const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#makers.push(child);
    const lines: string[] = [];
    const waiting: { text: string; found: (line: string) => void }[] = [];
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      for (const { text, found } of waiting) if (line.startsWith(text)) found(line);
    });
    return {
      child,
      ended,
      said: async (text) => {
        const line = new Promise<string>((found) => {
          const before = lines.find((l) => l.startsWith(text));
          if (before !== undefined) found(before);
          else waiting.push({ text, found });
        });
        const over = ended.then(() => Promise.reject(new Error(`the maker only said: ${lines.join(', ')}`)));
        return Promise.race([line, over]);
      },
    };
  }

  /** What a squashfs holds, mounted as in production, without any privilege. */
  async squashfsListing(file: string): Promise<string[]> {
    const mountPoint = await mkdtemp(join(this.path, 'mnt-'));
    const argv = [
      '-Um',
      '--map-current-user',
      '--keep-caps',
      process.execPath,
      ...node('mounted-listing.ts'),
    ];
    const { stdout } = await run('unshare', [...argv, file, mountPoint], { maxBuffer: 1 << 28 });
    return JSON.parse(stdout) as string[];
  }

  async directory(name: string): Promise<string> {
    await mkdir(join(this.path, name), { recursive: true });
    return join(this.path, name);
  }

  async close(): Promise<void> {
    for (const child of this.#makers) child.kill('SIGKILL');
    await rm(this.path, { recursive: true, force: true });
  }
}

export interface Maker {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** Waits for a line that starts so. */
  said(text: string): Promise<string>;
}
