import { decodeName, encodeName } from './tar-name.ts';
import { LayerRefusal } from './layer-refusal.ts';

/**
 * The records `LENGTH KEY=VALUE\n` of a PAX header; an empty value deletes the key's record. Source: POSIX pax, "pax
 * Header File Format".
 * @throws LayerRefusal a wrong length, no `=`, no newline, or NUL in a key or value that names something
 */
export function decodePax(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? '' : bytes.toString('latin1', at, Math.min(space, at + 20));
    const length = /^[1-9][0-9]{0,15}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (length < digits.length + 3 || end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw new LayerRefusal('a PAX record has a wrong length');
    }
    const equals = bytes.indexOf(0x3d, space + 1);
    if (equals <= space + 1 || equals >= end - 1) throw new LayerRefusal('a PAX record has no key');
    const key = decodeName(bytes.subarray(space + 1, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    addRecord(records, key, value);
    at = end;
  }
  return records;
}

function addRecord(records: Map<string, string>, key: string, value: Buffer): void {
  // xattr values are binary; names are not, and where a NUL ends one readers disagree
  if (key.includes('\0') || (!/^[A-Z]+\.xattr\./.test(key) && value.includes(0))) {
    throw new LayerRefusal('a PAX record holds a NUL');
  }
  if (value.length === 0) records.delete(key);
  else records.set(key, decodeName(value));
}

/** The inverse of `decodePax`. */
export function encodePax(records: ReadonlyMap<string, string>): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of records) {
    const body = encodeName(` ${key}=${value}\n`);
    // the length counts its own digits
    let length = body.length + String(body.length).length;
    if (String(length).length + body.length !== length) length = String(length).length + body.length;
    parts.push(Buffer.from(String(length), 'latin1'), body);
  }
  return Buffer.concat(parts);
}
