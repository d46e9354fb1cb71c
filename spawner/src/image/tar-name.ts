import { isUtf8 } from 'node:buffer';

/**
 * Names in a tar are bytes. UTF-8 becomes text; any other byte b becomes the lone surrogate U+DC00+b, which UTF-8 can
 * never contain, so that `encodeName` gives back the same bytes and two names never fall together. Refused: replacement
 * characters (names collide) and refusing the image (Latin-1 names occur in honest ones).
 * Source: Python PEP 383, "surrogateescape".
 */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] as number);
    const sequence = bytes.subarray(at, at + length);
    if (length > 0 && sequence.length === length && isUtf8(sequence)) {
      text += sequence.toString('utf8');
      at += length;
    } else {
      text += String.fromCharCode(0xdc00 + (bytes[at] as number));
      at += 1;
    }
  }
  return text;
}

/** The inverse of `decodeName`. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  for (const point of name) {
    const code = point.charCodeAt(0);
    const escaped = point.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Buffer.of(code - 0xdc00) : Buffer.from(point, 'utf8'));
  }
  return Buffer.concat(parts);
}

const sequenceLength = (first: number): number =>
  first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
