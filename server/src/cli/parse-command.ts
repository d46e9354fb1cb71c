import { Failure } from '@berth/schema';
import { parseArgs } from 'node:util';
import { didYouMean } from './nearest-name.ts';
import type { OptionHelp, Typed, VerbHelp } from './verb.ts';

/** What the words before the options ask for. */
export type Command =
  | { readonly kind: 'verb'; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: 'help'; readonly group?: string }
  | { readonly kind: 'version' };

/** Options that every verb has. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionHelp>> = {
  config: { type: 'string', value: 'FILE', about: 'read this configuration' },
  json: { type: 'boolean', about: 'print JSON, for programs' },
  quiet: { type: 'boolean', about: 'no progress on stderr' },
  help: { type: 'boolean', about: 'this text' },
};

/**
 * Find the verb; pure.
 * @param args without node and script
 * @throws Failure `usage-invalid`, with the nearest verb
 */
export function parseCommand(args: readonly string[], names: readonly string[]): Command {
  const [first, second] = args;
  if (first === undefined || first === 'help' || isHelp(first)) return { kind: 'help' };
  if (first === '--version') return { kind: 'version' };
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    if (names.includes(name)) return { kind: 'verb', name, rest: args.slice(words) };
  }
  if (first.startsWith('-'))
    throw new Failure('usage-invalid', { why: `A verb comes first, then ${first}.`, command: 'berth' });
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (group.length > 0 && (second === undefined || isHelp(second))) return { kind: 'help', group: first };
  const typed = second === undefined || second.startsWith('-') ? first : `${first} ${second}`;
  const firsts = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))];
  const guess =
    (typed === first ? '' : didYouMean(typed, names)) || (group.length > 0 ? '' : didYouMean(first, firsts));
  const command = group.length > 0 ? `berth ${first}` : 'berth';
  throw new Failure('usage-invalid', { why: `There is no "berth ${typed}"${guess || '.'}`, command });
}

/**
 * The options and positionals behind a verb; pure.
 * @throws Failure `usage-invalid`
 */
export function parseTyped(name: string, rest: readonly string[], help: VerbHelp): Typed {
  const options = { ...COMMON_OPTIONS, ...help.options };
  const known = Object.keys(options).map((option) => `--${option}`);
  const refuse = (why: string, cause?: unknown): never => {
    throw new Failure('usage-invalid', { why, command: `berth ${name}` }, { cause });
  };
  const words = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
  const unknown = words
    .map((word) => word.split('=', 1)[0] ?? '')
    .find((word) => /^-./.test(word) && !isHelp(word) && !known.includes(word));
  if (unknown !== undefined) refuse(`Unknown option ${unknown}${didYouMean(unknown, known) || '.'}`);
  demandValues(words, options, refuse);
  const parsed = parse(rest, options, refuse);
  const { least, most } = help.positionals;
  const given = parsed.positionals.length;
  if (parsed.values['help'] !== true && (given < least || given > most)) {
    refuse(
      given < least
        ? `An argument is missing: berth ${name} ${help.usage}`
        : `One argument too many: "${parsed.positionals[most]}".`,
    );
  }
  return {
    positionals: parsed.positionals,
    has: (option) => parsed.values[option] === true,
    text: (option) => {
      const value = parsed.values[option];
      return typeof value === 'string' ? value : undefined;
    },
    texts: (option) => {
      const value = parsed.values[option];
      return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    },
  };
}

const isHelp = (word: string): boolean => word === '--help' || word === '-h';

/** parseArgs would say the same in its own words. */
function demandValues(
  words: readonly string[],
  options: Readonly<Record<string, OptionHelp>>,
  refuse: (why: string) => never,
): void {
  words.forEach((word, at) => {
    const [name = '', given] = word.split(/=(.*)/s, 2);
    const option = name.startsWith('--') ? options[name.slice(2)] : undefined;
    if (option?.type === 'boolean' && given !== undefined) refuse(`Option ${name} takes no value.`);
    if (option?.type !== 'string') return;
    const value = given ?? words[at + 1];
    if (!value || (given === undefined && value.startsWith('-')))
      refuse(`Option ${name} needs a value: ${name} ${option.value ?? 'VALUE'}`);
  });
}

function parse(
  rest: readonly string[],
  options: Readonly<Record<string, OptionHelp>>,
  refuse: (why: string, cause: unknown) => never,
) {
  try {
    const types = Object.fromEntries(
      Object.entries(options).map(([option, { type, multiple = false }]) => [
        option,
        option === 'help' ? { type, short: 'h' } : { type, multiple },
      ]),
    );
    return parseArgs({ args: [...rest], options: types, allowPositionals: true, strict: true });
  } catch (error) {
    return refuse(error instanceof Error ? error.message.split('. ', 1)[0] + '.' : String(error), error);
  }
}
