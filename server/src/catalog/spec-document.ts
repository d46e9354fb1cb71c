import { jsonDepth } from '@berth/spawner/image';
import { KernelSpec } from '@berth/schema';
import * as z from 'zod/mini';

/** Caps on a kernelspec of an image; it was written by whoever made the image (T24). */
const MAX = {
  bytes: 64 * 1024,
  argv: 64,
  element: 4096,
  name: 100,
  env: 100,
  value: 8192,
  metadata: 16 * 1024,
  depth: 16,
};

export interface ReadSpec {
  readonly argv: readonly string[];
  readonly displayName: string;
  readonly language: string;
  readonly env: Readonly<Record<string, string>>;
  readonly interruptMode: 'signal' | 'message';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly notices: readonly string[];
}

/** Read an image's kernel.json. @returns what it says, cleaned, or the reason why it cannot be offered; pure */
export function readSpec(body: Buffer | undefined, name: string): ReadSpec | string {
  if (body === undefined || body.length > MAX.bytes) return `it is longer than ${MAX.bytes} bytes`;
  const parsed = KernelSpec.safeParse(parseJson(body.toString('utf8')), {
    error: z.locales.en().localeError,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join('.') || 'kernel.json'}: ${issue?.message ?? 'malformed'}`;
  }
  const { argv, display_name, language, env, interrupt_mode, metadata } = parsed.data;
  if (argv.length > MAX.argv || argv.some((one) => one.length > MAX.element || one.includes('\0'))) {
    return 'its argv is longer than any command';
  }
  if (!argv.some((one) => one.includes('{connection_file}'))) return 'its argv has no {connection_file}';
  const dropped: string[] = [];
  return {
    argv,
    displayName: plainText(display_name) || plainText(name),
    language: plainText(language) || 'unknown',
    env: cleanEnvironment(env ?? {}, dropped),
    interruptMode: interrupt_mode ?? 'signal',
    metadata: cleanMetadata(metadata ?? {}, dropped),
    notices: dropped.map((what) => `${what} is not taken over`),
  };
}

function parseJson(text: string): unknown {
  if (jsonDepth(text) > MAX.depth) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line without control, direction or markup characters: it is shown in terminals and web pages. */
export function plainText(text: string): string {
  const line = text
    .slice(0, 10 * MAX.name)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const letters = Array.from(line);
  return letters.length > MAX.name ? `${letters.slice(0, MAX.name - 1).join('')}…` : line;
}

/**
 * Names that change which code runs, or that are ours or Slurm's to say. LD_LIBRARY_PATH stays: kernels of compiled
 * languages need it, and it finds nothing that is not in the image.
 */
const DENIED =
  /^(?:LD_(?!LIBRARY_PATH$)|DYLD_|GCONV_PATH$|BASH_ENV$|ENV$|SHELLOPTS$|BASHOPTS$|PS4$|PROMPT_COMMAND$|PYTHONSTARTUP$|PERL5OPT$|NODE_OPTIONS$|(?:SLURM|SBATCH|SRUN|SALLOC|SQUEUE|MUNGE|BERTH|JPY)_|HOME$|USER$|LOGNAME$|SHELL$)/;

function cleanEnvironment(env: Readonly<Record<string, string>>, dropped: string[]): Record<string, string> {
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(env)) {
    const fine = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !DENIED.test(name);
    if (fine && value.length <= MAX.value && !value.includes('\0') && kept.length < MAX.env)
      kept.push([name, value]);
    else if (dropped.length < 10) dropped.push(`its variable ${plainText(name)}`);
  }
  return Object.fromEntries(kept);
}

function cleanMetadata(
  metadata: Readonly<Record<string, unknown>>,
  dropped: string[],
): Record<string, unknown> {
  // ours to write
  const { berth: _, ...rest } = metadata;
  if (JSON.stringify(rest).length <= MAX.metadata) return rest;
  dropped.push('its metadata, being too long,');
  return {};
}
