import { Failure, ParameterName, Parameters } from '@berth/schema';

/** All parameters of one element, as bytes of JSON. */
const MOST_BYTES = 256 * 1024;

/**
 * `NAME=VALUE` as it is typed, e.g. `alpha=0.1`; the value is all behind the first `=`.
 * @throws Failure `parameter-invalid`, also for a name that is given twice
 */
export function parseParameters(typed: readonly string[]): Parameters {
  const pairs = typed.map((text) => {
    const at = text.indexOf('=');
    if (at < 0) throw new Failure('parameter-invalid', { text, why: 'there is no "=" in it' });
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return checkParameters(pairs);
}

/** Pairs of name and text to parameters. @throws Failure `parameter-invalid` */
export function checkParameters(pairs: readonly (readonly [string, string])[]): Parameters {
  const names = new Set<string>();
  for (const [name] of pairs) {
    const text = name.slice(0, 60);
    if (!ParameterName.safeParse(name).success)
      throw new Failure('parameter-invalid', {
        text,
        why: 'a name is made of letters, digits and "_", and begins with no digit',
      });
    if (names.has(name)) throw new Failure('parameter-invalid', { text, why: 'it is given twice' });
    names.add(name);
  }
  const checked = Parameters.safeParse(Object.fromEntries(pairs));
  const [name = ''] = pairs.find(([, value]) => value.includes('\0') || value.length > 16_384) ?? [];
  if (!checked.success || name !== '')
    throw new Failure('parameter-invalid', { text: name, why: 'its value is too long, or has a NUL in it' });
  if (Buffer.byteLength(JSON.stringify(checked.data)) > MOST_BYTES)
    throw new Failure('parameter-invalid', { text: '', why: 'all of them together are too long' });
  return checked.data;
}
