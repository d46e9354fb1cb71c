import { type Config, Failure } from '@berth/schema';
import { join, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { checkConfig, type Checked } from './config-problems.ts';
import { expandHome } from './expand-home.ts';
import { readConfig } from './read-config.ts';
import { yamlProblems } from './yaml-problems.ts';

export interface LoadedConfig {
  /** the file that was read, absolute */
  readonly file: string;
  /** with every default filled in and `~` expanded */
  readonly config: Config;
}

export interface ConfigPlace {
  /** from --config */
  readonly option?: string | undefined;
  /** from BERTH_CONFIG */
  readonly variable?: string | undefined;
  /** absolute */
  readonly home: string;
  /** ends the wait for a configuration that comes through a pipe */
  readonly signal?: AbortSignal | undefined;
  /** the site's, a parameter for tests */
  readonly site?: string;
}

/**
 * Where a configuration may be, in this order. The first that exists is taken whole: a user's file replaces the site's,
 * because two half-known files merged give a third that nobody wrote. Absolute: a job on a node is given the file's name, and
 * starts elsewhere.
 */
export function configCandidates(place: ConfigPlace): readonly string[] {
  if (place.option !== undefined) return [resolve(place.option)];
  if (place.variable !== undefined && place.variable !== '') return [resolve(place.variable)];
  return [join(place.home, '.config/berth/config.yaml'), place.site ?? '/etc/berth/config.yaml'];
}

/** Check the text of a configuration; pure. Syntax errors come as problems too. */
export function checkConfigText(text: string): Checked {
  const counter = new LineCounter();
  const doc = parseDocument(text, { lineCounter: counter, uniqueKeys: true, strict: true });
  const problems = yamlProblems(doc, counter);
  if (problems.length > 0) return { ok: false, problems };
  try {
    return checkConfig(doc, counter);
  } catch (error) {
    // yaml refuses bombs while it resolves aliases; that each stands for something was looked at before
    if (!(error instanceof ReferenceError)) throw error;
    return { ok: false, problems: [{ line: 1, key: '', why: 'too many aliases' }] };
  }
}

/** Valid, and nothing can be done with it: a configuration may be without sources, what lists images may not. */
export function withSources(text: string, checked: Checked): Checked {
  if (!checked.ok || Object.keys(checked.config.sources).length > 0) return checked;
  const line = text.split('\n').findIndex((one) => /^sources\s*:/.test(one)) + 1;
  return { ok: false, problems: [{ line: Math.max(1, line), key: 'sources', why: 'names no source' }] };
}

/** Read and check the configuration without throwing on its contents: for `berth config check`. */
export async function checkConfigFile(
  place: ConfigPlace,
): Promise<{ file: string; text: string; checked: Checked }> {
  const { file, text } = await readConfig(configCandidates(place), place.signal);
  return { file, text, checked: checkConfigText(text) };
}

/**
 * The configuration in force.
 * @throws Failure `config-missing`, `config-invalid` (with line and key of the first problem)
 */
export async function loadConfig(place: ConfigPlace): Promise<LoadedConfig> {
  const { file, checked } = await checkConfigFile(place);
  if (checked.ok) return { file, config: expandHome(checked.config, place.home) };
  const [first] = checked.problems;
  const more = checked.problems.length > 1 ? ` (and ${checked.problems.length - 1} more)` : '';
  const key = first?.key ? `${first.key}: ` : '';
  throw new Failure('config-invalid', {
    file,
    why: `line ${first?.line ?? 1}: ${key}${first?.why ?? ''}${more}`,
  });
}
