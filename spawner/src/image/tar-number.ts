import { LayerRefusal } from './layer-refusal.ts';

/**
 * A numeric field: octal digits ended by NUL or space, or base-256 when the first bit is set. Negative only where
 * `signed` (mtime). Source: tar(5), "Numeric Extensions"; POSIX pax, "ustar Interchange Format".
 * @throws LayerRefusal for anything else: readers disagree about it
 */
export function decodeNumber(
  block: Buffer,
  at: number,
  length: number,
  what: string,
  signed = false,
): number {
  const first = block[at] as number;
  return first & 0x80 ? base256(block, at, length, what, signed) : octal(block, at, length, what);
}

function octal(block: Buffer, at: number, length: number, what: string): number {
  const end = at + length;
  let here = at;
  while (here < end && block[here] === 0x20) here += 1;
  let value = 0;
  for (; here < end; here += 1) {
    const digit = (block[here] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  // behind the digits only spaces up to the first NUL
  for (; here < end && block[here] !== 0; here += 1) {
    if (block[here] !== 0x20) throw new LayerRefusal(`${what} is not a number`);
  }
  return value;
}

function base256(block: Buffer, at: number, length: number, what: string, signed: boolean): number {
  const negative = ((block[at] as number) & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  value = (value << 6n) | BigInt((block[at] as number) & 0x3f);
  for (let i = at + 1; i < at + length; i += 1) value = (value << 8n) | BigInt(block[i] as number);
  if (negative && !signed) throw new LayerRefusal(`${what} is negative`);
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new LayerRefusal(`${what} is beyond 2^53`);
  }
  return Number(value);
}

/** The inverse: octal with a closing NUL where it fits, else base-256. */
export function encodeNumber(block: Buffer, at: number, length: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a tar number: ${value}`);
  const digits = value < 0 ? '' : value.toString(8);
  if (value >= 0 && digits.length < length) {
    block.write(digits.padStart(length - 1, '0'), at, 'latin1');
    return;
  }
  let rest = BigInt(value);
  for (let i = at + length - 1; i >= at; i -= 1) {
    block[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  block[at] = (block[at] as number) | 0x80;
}
