/** A test for names against patterns in which `*` stands for any characters. Linear in the name for each `*`. */
export function namePattern(patterns: readonly string[]): (name: string) => boolean {
  const parts = patterns.map((pattern) => pattern.split('*'));
  return (name) => parts.some((pieces) => matches(name, pieces));
}

// Refused: a regular expression made from the pattern, which goes exponential on `*a*a*a*`.
function matches(name: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return name === first;
  const last = pieces.at(-1) ?? '';
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
