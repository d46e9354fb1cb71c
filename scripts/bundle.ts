/** Bundles the `berth` command into `dist/`, laid out as an install prefix: bin/berth, lib/*.mjs, lib/*.cjs. */
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Bundle name to entry. kernel and agent are apart because a kernel start waits for them: they load only what they need. */
export const ENTRIES: Readonly<Record<string, string>> = {
  berth: 'server/src/cli/main.ts',
  kernel: 'server/src/cli/kernel-main.ts',
  agent: 'server/src/cli/agent-main.ts',
  'layer-worker': 'spawner/src/image/layer-worker.ts',
};

/** What a batch job runs on its node, as it is. */
const BESIDE = ['berth-batch.sh', 'berth_notebook.py', 'berth_papermill.py'].map(
  (name) => `server/src/batch/${name}`,
);

/** CommonJS dependencies call require, which ES modules lack. */
const banner = `import { createRequire as berthRequire } from 'node:module'; const require = berthRequire(import.meta.url);`;

/**
 * Bundles `entries` (name to file below the root) into `outdir`. Each by itself: chunks shared between the commands would
 * make `berth kernel` load what only `berth` needs; only what is behind import() becomes a chunk.
 * Sources come by the `berth-source` condition, so tsc need not have run.
 */
export async function bundle(entries: Readonly<Record<string, string>>, outdir: string): Promise<Metafile> {
  const metafiles = await Promise.all(Object.entries(entries).map((entry) => bundleOne(entry, outdir)));
  const parts = <K extends 'inputs' | 'outputs'>(key: K): Metafile[K] =>
    Object.assign({}, ...metafiles.map((metafile) => metafile[key])) as Metafile[K];
  return { inputs: parts('inputs'), outputs: parts('outputs') };
}

/** Commands that somebody waits for: each part of theirs is one CommonJS file, which saves Node 8 ms of 30 at the start alone. */
const QUICK: ReadonlySet<string> = new Set(['kernel', 'agent']);

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  conditions: ['berth-source'],
  // names stay: they are what a stack trace in a user's log shows
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
};

function bundleOne([name, file]: readonly [string, string], outdir: string): Promise<Metafile> {
  return QUICK.has(name) ? bundleQuick(name, file, outdir) : bundleModules({ [name]: file }, outdir);
}

async function bundleModules(entryPoints: Record<string, string>, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    ...options,
    entryPoints,
    outdir,
    splitting: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    banner: { js: banner },
    metafile: true,
  });
  return metafile;
}

/**
 * NAME.cjs with all that is imported statically; each module behind import() becomes NAME-MODULE.cjs beside it, and so on.
 * Parts share no chunks: every further file costs a start half a millisecond, a kilobyte twice costs nothing.
 */
async function bundleQuick(name: string, file: string, outdir: string): Promise<Metafile> {
  const all: Metafile = { inputs: {}, outputs: {} };
  const done = new Set<string>();
  let parts: Record<string, string> = { [name]: file };
  while (Object.keys(parts).length > 0) {
    const later: Record<string, string> = {};
    const { metafile } = await build({
      ...options,
      entryPoints: parts,
      outdir,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      plugins: [leaveImports(name, later)],
      // said of modules that are then left out; a test sees that none is in
      logOverride: { 'empty-import-meta': 'silent' },
      metafile: true,
    });
    Object.assign(all.inputs, metafile.inputs);
    Object.assign(all.outputs, metafile.outputs);
    for (const part of Object.keys(parts)) done.add(part);
    parts = Object.fromEntries(Object.entries(later).filter(([part]) => !done.has(part)));
  }
  return all;
}

/** Leaves import() as it is, and notes in `later` which parts it will look for. */
function leaveImports(name: string, later: Record<string, string>): Plugin {
  return {
    name: 'leave-imports',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const part = `${name}-${basename(path, '.ts')}`;
        later[part] = join(resolveDir, path);
        return { path: `./${part}.cjs`, external: true };
      });
    },
  };
}

/** All output files that loading `output` loads at once; what is behind import() is not counted. */
export function loadedOutputs(metafile: Metafile, output: string, seen = new Set<string>()): Set<string> {
  if (seen.has(output)) return seen;
  seen.add(output);
  for (const { path, kind } of metafile.outputs[output]?.imports ?? []) {
    if (kind !== 'dynamic-import' && path in metafile.outputs) loadedOutputs(metafile, path, seen);
  }
  return seen;
}

async function main(): Promise<void> {
  // made aside and renamed, so that a command running meanwhile never sees half of it
  const fresh = join(root, `dist.${String(process.pid)}.tmp`);
  const dist = join(root, 'dist');
  const old = join(root, `dist.${String(process.pid)}.old`);
  try {
    await mkdir(join(fresh, 'bin'), { recursive: true });
    const metafile = await bundle(ENTRIES, join(fresh, 'lib'));
    const programs = native();
    for (const name of NATIVE) await copyFile(join(programs, name), join(fresh, 'lib', name));
    for (const file of BESIDE) await copyFile(join(root, file), join(fresh, 'lib', basename(file)));
    await copyFile(join(root, 'scripts/berth.sh'), join(fresh, 'bin/berth'));
    await chmod(join(fresh, 'bin/berth'), 0o755);
    await writeFile(join(fresh, 'meta.json'), JSON.stringify(metafile));
    await writeFile(join(fresh, '.stamp'), '');
    if (existsSync(dist)) await rename(dist, old);
    await rename(fresh, dist);
    report(metafile);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

const NATIVE = ['berth-place', 'berth-gate', 'berth-shim'];

/** Compiles what is in C, unless that was done. @returns the directory of the programs */
function native(): string {
  const out = join(root, '.berth/native');
  execFileSync('make', ['--silent', '-C', join(root, 'spawner/native'), `OUT=${out}`], { stdio: 'inherit' });
  return out;
}

/** What each command loads at its start, chunks included. */
function report(metafile: Metafile): void {
  for (const [name, file] of Object.entries(ENTRIES)) {
    const output = Object.keys(metafile.outputs).find((key) => metafile.outputs[key]?.entryPoint === file);
    if (output === undefined) continue;
    const bytes = [...loadedOutputs(metafile, output)].reduce(
      (sum, key) => sum + (metafile.outputs[key]?.bytes ?? 0),
      0,
    );
    console.log(`bundle: ${name} ${(bytes / 1024).toFixed(0)} kB with its chunks`);
  }
}

if (process.argv[1] === import.meta.filename) await main();
