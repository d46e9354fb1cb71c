import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bundle, ENTRIES, loadedOutputs } from '../../scripts/bundle.ts';
import { root } from './source-file.ts';

/** What a kernel start must not wait for. */
const HEAVY = ['express', 'yaml', 'fastest-levenshtein', '@aws-sdk', '@smithy'];

let outdir: string;
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'berth-bundle-'));
});
afterAll(() => {
  rmSync(outdir, { recursive: true });
});

/** All sources that `entry` loads at its start. */
function inputsOf(metafile: Metafile, entry: string): readonly string[] {
  const outputs = Object.entries(metafile.outputs);
  const start = outputs.find(([, { entryPoint }]) => entryPoint === entry)?.[0];
  if (start === undefined) throw new Error(`${entry} was not bundled`);
  return [...loadedOutputs(metafile, start)].flatMap((output) =>
    Object.keys(metafile.outputs[output]?.inputs ?? {}),
  );
}

/** Inputs below node_modules/PACKAGE, and zod's full build, that `entry` loads at its start. */
function heavyInputs(metafile: Metafile, entry: string): readonly string[] {
  return inputsOf(metafile, entry).filter(
    (input) =>
      HEAVY.some((name) => input.includes(`node_modules/${name}/`)) ||
      /node_modules\/zod\/v4\/classic\//.test(input),
  );
}

describe('the bundles of a kernel start', () => {
  let metafile: Metafile;
  beforeAll(async () => {
    metafile = await bundle(ENTRIES, outdir);
  });

  test.each(['kernel', 'agent', 'layer-worker'])('%s.mjs loads nothing heavy', (name) => {
    expect(heavyInputs(metafile, ENTRIES[name] ?? '')).toEqual([]);
  });

  test('berth.mjs loads what only the user server or a bucket needs for these alone', () => {
    const server = ['express', 'helmet', 'pino', 'prom-client', '@aws-sdk', '@smithy'].map(
      (name) => `node_modules/${name}/`,
    );
    const loaded = inputsOf(metafile, ENTRIES['berth'] ?? '');
    expect(loaded.filter((input) => server.some((name) => input.includes(name)))).toEqual([]);
    // but they are in it
    const all = Object.keys(metafile.inputs);
    expect(server.filter((name) => !all.some((input) => input.includes(name)))).toEqual([]);
  });

  test('no CommonJS part asks where it is: import.meta is empty there', () => {
    const parts = Object.entries(metafile.outputs).filter(([name]) => name.endsWith('.cjs'));
    const asking = parts.filter(([, { inputs }]) =>
      Object.entries(inputs).some(
        ([name, { bytesInOutput }]) => /worker-pool/.test(name) && bytesInOutput > 0,
      ),
    );
    expect(parts.length).toBeGreaterThan(2);
    expect(asking).toEqual([]);
  });

  test.each(['kernel', 'agent'])('%s stays below 250 kB with its chunks', (name) => {
    const start = Object.keys(metafile.outputs).find(
      (key) => metafile.outputs[key]?.entryPoint === ENTRIES[name],
    );
    const bytes = [...loadedOutputs(metafile, start ?? '')].map((key) => metafile.outputs[key]?.bytes ?? 0);
    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(250 * 1024);
  });
});

test('control: a static import is found through a chunk, one behind import() is not', async () => {
  const from = (name: string, text: string) => {
    writeFileSync(join(outdir, name), text);
    return relative(root, join(outdir, name));
  };
  const yaml = join(root, 'node_modules/yaml/dist/index.js');
  from('shared.ts', `export { parse } from ${JSON.stringify(yaml)};`);
  const entries = {
    eager: from('eager.ts', `import { parse } from './shared.ts'; console.log(parse);`),
    lazy: from('lazy.ts', `console.log(await import('./shared.ts'));`),
  };
  const metafile = await bundle(entries, join(outdir, 'control'));
  expect(heavyInputs(metafile, entries.eager).length).toBeGreaterThan(0);
  expect(heavyInputs(metafile, entries.lazy)).toEqual([]);
});
