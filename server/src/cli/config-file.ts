import { type Config, Failure } from '@berth/schema';
import { open, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { checkConfig, type Checked } from './config-problems.ts';
import { expandHome } from './expand-home.ts';

/** A configuration of more than this is not one. */
const MAX_BYTES = 1024 ** 2;

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
  readonly home: string;
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

async function openFirst(files: readonly string[]): Promise<{ file: string; handle: FileHandle }> {
  for (const file of files) {
    try {
      return { file, handle: await open(file, 'r') };
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      // an unreadable file is not an absent one: the next in the list would silently be another configuration
      throw new Failure('config-invalid', { file, why: `it cannot be read (${String(code)})` }, { cause });
    }
  }
  throw new Failure('config-missing', { file: files.join(' or ') });
}

async function readText(file: string, handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle
    .read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, null)
    .catch((cause: NodeJS.ErrnoException) => {
      // a directory can be opened, and is then refused
      throw new Failure(
        'config-invalid',
        { file, why: `it cannot be read (${String(cause.code)})` },
        { cause },
      );
    });
  if (bytesRead > MAX_BYTES) {
    throw new Failure('config-invalid', { file, why: `it is longer than ${MAX_BYTES} bytes` });
  }
  return buffer.toString('utf8', 0, bytesRead);
}

/** The line is told apart; the excerpt that follows shows nothing that an editor does not. */
const yamlWords = (message: string): string =>
  message
    .split('\n', 1)[0]
    ?.replace(/:$/, '')
    .replace(/ at line \d+, column \d+$/, '') ?? 'not YAML';

/** Check the text of a configuration; pure. Syntax errors come as problems too. */
export function checkConfigText(text: string): Checked {
  const counter = new LineCounter();
  const doc = parseDocument(text, { lineCounter: counter, uniqueKeys: true, strict: true });
  const problems = [...doc.errors, ...doc.warnings].map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    key: '',
    why: yamlWords(error.message),
  }));
  if (problems.length > 0) return { ok: false, problems };
  try {
    return checkConfig(doc, counter);
  } catch (error) {
    // yaml refuses alias bombs while it resolves them
    if (!(error instanceof ReferenceError)) throw error;
    return { ok: false, problems: [{ line: 1, key: '', why: 'too many aliases' }] };
  }
}

/** Read and check the configuration without throwing on its contents: for `berth config check`. */
export async function checkConfigFile(place: ConfigPlace): Promise<{ file: string; checked: Checked }> {
  const { file, handle } = await openFirst(configCandidates(place));
  try {
    return { file, checked: checkConfigText(await readText(file, handle)) };
  } finally {
    await handle.close();
  }
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
