/** A page of 1000 keys has 9 elements a key. */
const MOST_TAGS = 25_000;
/** S3's own answers are nested 4 deep. */
const DEEPEST = 16;

/**
 * Why an answer of a gateway is not given to the XML parser, or undefined (T26). Its documents need no `<!`: what begins so
 * declares entities, or hides from this count. Linear in the text.
 */
export function xmlProblem(text: string): string | undefined {
  let depth = 0;
  let tags = 0;
  // looked for once: from each tag anew it would be quadratic
  let end = -1;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text[at + 1];
    if (next === '!') return 'an XML answer with declarations';
    if (next === '?') continue;
    tags += 1;
    if (tags > MOST_TAGS) return `an XML answer of more than ${MOST_TAGS} tags`;
    if (end < at) end = text.indexOf('>', at);
    if (end < 0) return 'an XML answer with a tag that does not end';
    if (next === '/') depth -= 1;
    else if (text[end - 1] !== '/') depth += 1;
    if (depth > DEEPEST) return `an XML answer nested deeper than ${DEEPEST}`;
  }
  return undefined;
}
