import { Failure, MOST_ELEMENTS, type Parameters } from '@berth/schema';
import { checkParameters } from './parameter-text.ts';

/** Bytes of a sweep's file. */
export const MOST_SWEEP_BYTES = 4 * 1024 * 1024;

/**
 * A sweep: the first row names parameters, each further row is one element. Rows without any text are passed over.
 * @param file its name, for the sentence
 * @throws Failure `sweep-invalid`, with the row
 */
export function parseSweep(text: string, file: string): readonly Parameters[] {
  const refuse = (why: string): never => {
    throw new Failure('sweep-invalid', { file, why });
  };
  const rows = csvRows(text.replace(/^\uFEFF/, ''));
  if (rows === undefined) return refuse('a quote is opened and not closed, or text follows a closed one');
  const [header, ...rest] = rows.filter(({ cells }) => cells.some((cell) => cell !== ''));
  if (header === undefined || rest.length === 0)
    return refuse('it needs a row of names and at least one of values');
  if (rest.length > MOST_ELEMENTS) return refuse(`it has more than ${MOST_ELEMENTS} rows`);
  const names = header.cells.map((name) => name.trim());
  return rest.map(({ cells, line }) => {
    if (cells.length !== names.length)
      return refuse(`line ${line} has ${cells.length} values for ${names.length} names`);
    try {
      return checkParameters(names.map((name, at) => [name, cells[at] ?? '']));
    } catch (error) {
      return refuse(error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
    }
  });
}

interface Row {
  /** where it begins, from 1 */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Comma-separated values: cells in quotes may hold commas, line ends and doubled quotes; lines end with LF or CR LF. Undefined when
 * the quotes do not go up. Pure. Source: RFC 4180.
 */
export function csvRows(text: string): readonly Row[] | undefined {
  const rows: Row[] = [];
  // one cell and what ends it; sticky, so that nothing is passed over, and without a choice, so that it is linear
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let cells: string[] = [];
  let line = 1;
  let begun = 1;
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text);
    if (match === null) return undefined;
    const [all, quoted, plain = '', end = ''] = match;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += all.split('\n').length - 1;
    if (end === ',') continue;
    rows.push({ line: begun, cells });
    cells = [];
    begun = line;
  }
  return rows;
}

/** The same as text; for tests and examples. */
export const csvText = (rows: readonly (readonly string[])[]): string =>
  rows
    .map((cells) =>
      cells.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(','),
    )
    .map((row) => `${row}\n`)
    .join('');
