/** One challenge; scheme in lower case, parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** scheme, or name=value, or name="quoted \" value"; total on any text. */
const TOKEN = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/y;

/**
 * The challenges of a WWW-Authenticate header, at most 8 KiB of it; what cannot be read ends the list. Source: RFC 9110,
 * 11.6.1; Docker registry token specification.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, 8192).trimStart();
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, name = '', quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}
