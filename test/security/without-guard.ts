import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { changedPlace, placeProgram } from '../spawner/native/place-program.ts';

const root = join(import.meta.dirname, '../..');

/** A guard of the product taken out: in that source file, `from` (which must be there, once) becomes `to`. */
export interface RemovedGuard {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Who is at the other end of a client's connection is not looked at. */
export const NO_PEER_CHECK: RemovedGuard = {
  file: 'spawner/src/launch/peer-uid.ts',
  from: 'return uidInTable(table, peer, own);',
  to: 'return table === "" ? uidInTable(table, peer, own) : process.getuid();',
};

/**
 * Bundles sources as the product is bundled, and compiles what is in C, without some of its guards. A test against such a bundle shows that the
 * attack works when nothing stands against it; the product itself has no switch for that.
 * @param entries name of each bundle to its source, relative to the checkout
 */
export async function bundleWithout(
  removed: readonly RemovedGuard[],
  entries: Readonly<Record<string, string>>,
  outdir: string,
): Promise<void> {
  const native = removed.filter(({ file }) => file.endsWith('.c'));
  const missing = new Set(removed.filter(({ file }) => file.endsWith('.ts')));
  await mkdir(outdir, { recursive: true });
  const program =
    native.length > 0 ? await changedPlace(native, join(outdir, 'changed')) : await placeProgram();
  await copyFile(program, join(outdir, 'berth-place'));
  await chmod(join(outdir, 'berth-place'), 0o755);
  await build({
    absWorkingDir: root,
    entryPoints: { ...entries },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    conditions: ['berth-source'],
    outExtension: { '.js': '.mjs' },
    banner: {
      js: `import { createRequire as berthRequire } from 'node:module'; const require = berthRequire(import.meta.url);`,
    },
    logLevel: 'error',
    plugins: [
      {
        name: 'without-guard',
        setup: (plugin) => {
          plugin.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            let contents = await readFile(path, 'utf8');
            for (const guard of removed.filter(({ file }) => path === join(root, file))) {
              const parts = contents.split(guard.from);
              if (parts.length !== 2) throw new Error(`${guard.file} does not have, once: ${guard.from}`);
              contents = parts.join(guard.to);
              missing.delete(guard);
            }
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  for (const { file } of missing) throw new Error(`${file} is not part of the bundle`);
}

/** An install prefix beside a real one, whose `berth kernel` and `berth agent` lack these guards. @returns its `berth` */
export async function installWithout(
  removed: readonly RemovedGuard[],
  berth: string,
  prefix: string,
): Promise<string> {
  const lib = join(prefix, 'lib');
  await mkdir(join(prefix, 'bin'), { recursive: true });
  const entries = { kernel: 'server/src/cli/kernel-main.ts', agent: 'server/src/cli/agent-main.ts' };
  await bundleWithout(removed, entries, lib);
  await symlink(join(dirname(berth), '../lib/node'), join(lib, 'node'));
  const without = join(prefix, 'bin/berth');
  const script = `#!/bin/sh
export BERTH_BIN='${without}'
exec '${lib}/node' '${lib}'/"$1".mjs "$@"
`;
  await writeFile(without, script);
  await chmod(without, 0o755);
  return without;
}
