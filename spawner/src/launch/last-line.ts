const MAX_LENGTH = 500;

/** A line of somebody's output as part of a sentence: printable, at most 500 characters (T34). */
export const printableLine = (line: string): string =>
  // eslint-disable-next-line no-control-regex -- control characters are what must go
  line
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, MAX_LENGTH);

/** The last line that says something. */
export const lastLine = (text: string): string => printableLine(text.trim().split('\n').at(-1) ?? '');
