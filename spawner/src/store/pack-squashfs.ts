import { Failure } from '@berth/schema';
import { spawn } from 'node:child_process';
import { chmod, open, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { encodeTarEntry, paddingOf, TAR_END } from '../image/index.ts';
import type { RootfsSink } from './rootfs-sink.ts';
import type { StoreOptions } from './store-paths.ts';

/**
 * lz4 starts kernels fastest, as fast as nothing compressed: with a fresh mount the imports of a kernel took 253 ms, with
 * zstd 306, with gzip 483 (an unpacked directory 135; medians of 9). Its files are two fifths larger than zstd's; `-X hc`
 * would halve that and take five times as long to make. 64 KiB blocks are no slower than smaller ones. zstd at level 3:
 * tar2sqfs would take 15, twenty times slower for a seventh less.
 */
const COMPRESSION = {
  lz4: ['-c', 'lz4'],
  zstd: ['-c', 'zstd', '-X', 'level=3'],
  gzip: ['-c', 'gzip', '-X', 'level=6'],
} as const;

/**
 * Writes a squashfs to `out` through tar2sqfs(1), which reads one tar on its standard input. Unlike mksquashfs it never
 * needs more than a few blocks of memory. It dies with us (setpriv --pdeathsig), so a killed maker leaves no process.
 * `--no-skip`: what it cannot read is an error, never left out.
 */
export function packSquashfs(
  out: string,
  tar2sqfs: string,
  compression: StoreOptions['compression'],
): RootfsSink {
  const argv = [
    ...['--pdeathsig', 'KILL', '--', 'env', 'LC_ALL=C', tar2sqfs, '--quiet', '--no-skip'],
    ...COMPRESSION[compression],
    ...['-b', '64K', '-j', String(availableParallelism()), '--', out],
  ];
  const child = spawn('setpriv', argv, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4096)));
  // how it ended says more than the broken pipe
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) => reject(missing('setpriv', 'util-linux', cause.message)));
    child.on('close', (status, signal) => {
      const line = said.trim().split('\n').at(-1) ?? '';
      if (status === 0) resolve();
      else if (status === 126 || status === 127) reject(missing(tar2sqfs, 'squashfs-tools-ng', line));
      else {
        const failed = new Error(
          `tar2sqfs: ${line === '' ? `ended by ${signal ?? `status ${status}`}` : line}`,
        );
        // "I/O error" is all it says of a full disk
        probeRoom(`${out}.probe`).then(() => reject(failed), reject);
      }
    });
  });
  ended.catch(() => undefined);
  // it may end by itself only after it was given everything
  const failed = ended.then(() => Promise.reject<never>(new Error('tar2sqfs ended early')));
  failed.catch(() => undefined);

  let pending: Buffer[] = [];
  let padding = 0;
  return {
    failed,
    member(entry) {
      pending.push(encodeTarEntry(entry));
      padding = paddingOf(entry.size);
    },
    body: (bytes) => void pending.push(bytes),
    end() {
      if (padding > 0) pending.push(TAR_END.subarray(0, padding));
    },
    async drain() {
      const given = pending;
      pending = [];
      child.stdin.cork();
      for (const bytes of given) child.stdin.write(bytes);
      child.stdin.uncork();
      if (child.stdin.writableNeedDrain) {
        await Promise.race([new Promise((resolve) => child.stdin.once('drain', resolve)), failed]);
      }
    },
    async finish() {
      pending.push(TAR_END);
      await this.drain();
      child.stdin.end();
      await ended;
      await chmod(out, 0o400);
      const file = await open(out, 'r');
      await file.sync().finally(() => file.close());
    },
    async abort() {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
    },
  };
}

/** Rejects with ENOSPC or EDQUOT when there is no room for one more block; the unfinished squashfs still takes its own. */
async function probeRoom(probe: string): Promise<void> {
  await writeFile(probe, Buffer.alloc(1024 ** 2), { mode: 0o600 });
  await rm(probe, { force: true });
}

const missing = (tool: string, program: string, why: string): Failure =>
  new Failure('tool-missing', { tool, where: hostname(), why, package: program });
