import { Config } from '@berth/schema';
import { isCollection, isMap, isScalar, type Document, type LineCounter } from 'yaml';
import * as z from 'zod/mini';
import { knownKeysAt } from './config-keys.ts';
import { maybeMeant } from './nearest-name.ts';

/** One thing that is wrong in a configuration file; `line` counts from 1. */
export interface ConfigProblem {
  readonly line: number;
  readonly key: string;
  readonly why: string;
}

export type Checked =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

type Path = readonly PropertyKey[];

const dotted = (path: Path): string => path.map(String).join('.');

/** Line of the key at `path`, or of the nearest parent that is in the file. */
function lineOf(doc: Document, counter: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? doc.contents : doc.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
      if (isScalar(pair?.key) && pair.key.range) return counter.linePos(pair.key.range[0]).line;
    } else if (isCollection(parent)) {
      const item = parent.get(Number(name), true);
      const range = typeof item === 'object' && item !== null && 'range' in item ? item.range : undefined;
      if (Array.isArray(range)) return counter.linePos(Number(range[0])).line;
    }
  }
  return 1;
}

/** YAML's words for what JavaScript calls otherwise. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

function typeWords({ expected, input, path }: z.core.$ZodIssueInvalidType): string {
  if (input === undefined && path.length > 0) return 'is missing';
  const wanted = KINDS[expected] ?? expected;
  // .inf, .nan, or 1.5 where a whole number is wanted
  if (typeof input === 'number' && (expected === 'number' || expected === 'int'))
    return `must be ${wanted}, not ${input}`;
  return input === null
    ? `is empty; it must be ${wanted}`
    : `must be ${wanted}, not ${KINDS[kindOf(input)] ?? kindOf(input)}`;
}

/** "at least 1", "at most 2 entries". */
function sizeWords(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const [within, beyond] = issue.code === 'too_small' ? ['at least', 'more than'] : ['at most', 'less than'];
  const limit = `${issue.inclusive === false ? beyond : within} ${bound}`;
  if (issue.origin === 'array') return `must have ${limit} entries`;
  return issue.origin === 'string' ? `must have ${limit} characters` : `must be ${limit}`;
}

function describe(issue: z.core.$ZodIssue): { readonly path: Path; readonly why: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      why: `unknown key${maybeMeant(key, knownKeysAt(issue.path))}`,
    }));
  }
  if (issue.code === 'invalid_type') return [{ path: issue.path, why: typeWords(issue) }];
  if (issue.code === 'invalid_value')
    return [
      { path: issue.path, why: `must be ${issue.values.map((one) => JSON.stringify(one)).join(' or ')}` },
    ];
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return [
      { path: issue.path, why: `must be ${issue.options.map((one) => JSON.stringify(one)).join(' or ')}` },
    ];
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return [{ path: issue.path, why: sizeWords(issue) }];
  // the record's own message says only "invalid key"; the reason is one level down
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return [{ path: issue.path, why: inner ? `not a valid name: ${inner.message}` : issue.message }];
}

/** What the schema cannot say: names that refer to other names. */
function references(config: Config): { readonly path: Path; readonly why: string }[] {
  const { defaultProfile, profiles } = config;
  if (defaultProfile === undefined || Object.hasOwn(profiles, defaultProfile)) return [];
  const known = Object.keys(profiles);
  const why = `no profile is called "${defaultProfile}"${maybeMeant(defaultProfile, known)}`;
  return [{ path: ['defaultProfile'], why }];
}

/** As it was written: of 1.10 the number is 1.1. */
function inQuotes(doc: Document, path: Path, why: string): string {
  if (!/^must be a text, not (?:a number|true or false)$/.test(why)) return '';
  const node = doc.getIn(path, true);
  return isScalar(node) && node.source !== undefined ? `; write it in quotes: "${node.source}"` : '';
}

/** Check a parsed YAML document against the schema; pure. */
export function checkConfig(doc: Document, counter: LineCounter): Checked {
  // few aliases are handy, many are a bomb
  const value: unknown = doc.toJS({ maxAliasCount: 50 });
  const parsed = Config.safeParse(value ?? {}, { error: z.locales.en().localeError, reportInput: true });
  const found = parsed.success ? references(parsed.data) : parsed.error.issues.flatMap(describe);
  if (parsed.success && found.length === 0) return { ok: true, config: parsed.data };
  const problems = found.map(({ path, why }) => ({
    line: lineOf(doc, counter, path),
    key: dotted(path),
    why: `${why}${inQuotes(doc, path, why)}`,
  }));
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line) };
}
