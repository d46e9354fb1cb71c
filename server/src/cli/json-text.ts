/** What JSON.stringify leaves as it is, though terminals obey it: DEL and C1, line separators, changes of direction (T34). */
const OBEYED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A document for programs that is safe on a terminal too: the same value to every JSON parser. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(OBEYED, escaped)}\n`;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
