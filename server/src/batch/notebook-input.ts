import { Failure } from '@berth/schema';
import { KernelName } from '@berth/schema/rest';
import * as z from 'zod/mini';
import { readRegular } from './own-file.ts';

/** Bytes of a notebook that is copied; one with its outputs may be large. */
export const MOST_NOTEBOOK_BYTES = 64 * 1024 * 1024;

const Notebook = z.object({
  nbformat: z.literal(4),
  cells: z.array(z.object({ cell_type: z.string() })),
  metadata: z._default(z.object({ kernelspec: z.optional(z.object({ name: z.string() })) }), {}),
});

export interface NotebookInput {
  readonly content: Buffer;
  /** name of the kernelspec in its metadata, if it is one that Jupyter could have */
  readonly kernel: string | undefined;
}

/**
 * Reads the notebook as the person who asks, through no link (T41).
 * @throws Failure `notebook-unreadable`
 */
export async function readNotebook(path: string): Promise<NotebookInput> {
  const content = await readRegular(path, MOST_NOTEBOOK_BYTES).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure('notebook-unreadable', { path, why: wordsOf(cause) }, { cause });
  });
  let parsed: z.infer<typeof Notebook> | undefined;
  try {
    parsed = Notebook.safeParse(JSON.parse(content.toString('utf8'))).data;
  } catch {
    // told below
  }
  if (parsed === undefined)
    throw new Failure('notebook-unreadable', { path, why: 'it is not a notebook of nbformat 4' });
  return { content, kernel: KernelName.safeParse(parsed.metadata.kernelspec?.name.toLowerCase()).data };
}

const wordsOf = ({ code, message }: NodeJS.ErrnoException): string => {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  return code === 'EACCES' || code === 'EPERM' ? 'you may not read it' : message;
};
