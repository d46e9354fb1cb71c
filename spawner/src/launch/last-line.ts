const MAX_LENGTH = 500;

// eslint-disable-next-line no-control-regex -- control characters are what must go
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** A line of somebody's output as part of a sentence: printable, at most 500 characters (T34). */
export const printableLine = (line: string): string => line.replace(CONTROL, ' ').trim().slice(0, MAX_LENGTH);

/** The last line that says something. */
export const lastLine = (text: string): string => printableLine(text.trim().split('\n').at(-1) ?? '');
