import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { OfferedKernel } from './offered-kernels.ts';

const directory = join(import.meta.dirname, '../../binder/examples');
const Notebook = z.looseObject({
  metadata: z.looseObject({ kernelspec: z.looseObject({ name: z.string() }) }),
});

/**
 * The example notebooks, name to text, opened with a Python that is offered: one with an environment of its own where
 * there are several.
 */
export async function examples(kernels: readonly OfferedKernel[]): Promise<Readonly<Record<string, string>>> {
  const pythons = kernels.filter(({ metadata }) => metadata.language.toLowerCase() === 'python');
  const kernel =
    pythons.find(({ metadata }) => /\/(?:venv|plain)-python:/.test(metadata.image)) ?? pythons[0];
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ipynb')).sort();
  const texts = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8');
      if (kernel === undefined) return [name, text];
      const notebook = Notebook.parse(JSON.parse(text));
      const kernelspec = { display_name: kernel.title, language: 'python', name: kernel.name };
      return [name, JSON.stringify({ ...notebook, metadata: { ...notebook.metadata, kernelspec } }, null, 1)];
    }),
  );
  return Object.fromEntries(texts) as Record<string, string>;
}
