import { randomBytes } from 'node:crypto';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PersonArea } from './site.ts';

const Notebook = z.object({
  cells: z.array(
    z.object({
      outputs: z.optional(
        z.array(
          z.looseObject({
            output_type: z.string(),
            text: z.optional(z.union([z.string(), z.array(z.string())])),
          }),
        ),
      ),
    }),
  ),
});

/** Writes a notebook of code cells into the person's directory. A cell that starts with `# parameters` is papermill's. */
export async function writeNotebook(
  area: PersonArea,
  kernel: string,
  cells: readonly string[],
): Promise<{ readonly path: string; readonly outputOf: (path: string) => Promise<string> }> {
  const path = join(area.area, `notebook-${randomBytes(4).toString('hex')}.ipynb`);
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: kernel, display_name: kernel, language: 'python' } },
    cells: cells.map((source, index) => ({
      id: `cell-${index}`,
      cell_type: 'code',
      metadata: source.startsWith('# parameters') ? { tags: ['parameters'] } : {},
      execution_count: null,
      outputs: [],
      source,
    })),
  };
  await writeFile(path, JSON.stringify(notebook));
  await chown(path, area.user.uid, area.user.gid);
  return {
    path,
    /** all text that the cells of that (executed) notebook have printed */
    outputOf: async (executed) =>
      Notebook.parse(JSON.parse(await readFile(executed, 'utf8')))
        .cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ text = '' }) => text))
        .join(''),
  };
}
