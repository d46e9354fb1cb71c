import type { JobOutput } from '@berth/schema/rest';

type Notebook = JobOutput['notebook'];
type Fields = Readonly<Record<string, unknown>>;

/**
 * A notebook as Jupyter Server gives it to a page: in its file texts are lists of lines. Lab joins some of them itself, and puts
 * commas between the others. Source: nbformat, `v4/rwbase.py`, `rejoin_lines`.
 */
export const joinedLines = (notebook: Notebook): Notebook => ({
  ...notebook,
  cells: notebook.cells.map((cell) => ({
    ...cell,
    ...changed(cell, 'source', joined),
    ...changed(cell, 'attachments', eachOf(mimeBundle)),
    ...changed(cell, 'outputs', (outputs) => (Array.isArray(outputs) ? outputs.map(output) : outputs)),
  })),
});

const joined = (value: unknown): unknown =>
  Array.isArray(value) && value.every((line) => typeof line === 'string') ? value.join('') : value;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const changed = (fields: Fields, name: string, change: (value: unknown) => unknown): Fields =>
  name in fields ? { [name]: change(fields[name]) } : {};

const eachOf =
  (change: (value: unknown, name: string) => unknown) =>
  (value: unknown): unknown =>
    isFields(value) && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one, name)]))
      : value;

/** What is JSON itself keeps its lists. */
const mimeBundle = eachOf((value, type) => (/^application\/(.*\+)?json$/.test(type) ? value : joined(value)));

const output = (value: unknown): unknown =>
  isFields(value)
    ? { ...value, ...changed(value, 'text', joined), ...changed(value, 'data', mimeBundle) }
    : value;
