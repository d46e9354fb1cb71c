import { ParameterName, type Parameters } from '@berth/schema';

/** What can be wrong with a line. */
export type ParameterFault = 'no-value' | 'bad-name' | 'twice';

/** What was typed as parameters, or which line is none and why. */
export type ReadParameters =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly line: number; readonly why: ParameterFault };

/** `NAME = VALUE`, one a line; blanks around both are dropped. */
export function readParameters(text: string): ReadParameters {
  const parameters: Record<string, string> = {};
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const refuse = (why: ParameterFault): ReadParameters => ({ ok: false, line: at + 1, why });
    const equals = line.indexOf('=');
    if (equals < 0) return refuse('no-value');
    const name = line.slice(0, equals).trim();
    if (!ParameterName.safeParse(name).success) return refuse('bad-name');
    if (Object.hasOwn(parameters, name)) return refuse('twice');
    parameters[name] = line.slice(equals + 1).trim();
  }
  return { ok: true, parameters };
}
