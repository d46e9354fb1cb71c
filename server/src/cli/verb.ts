import type { LoadedConfig } from './config-file.ts';
import type { Progress } from './progress.ts';

export interface OptionHelp {
  readonly type: 'boolean' | 'string';
  /** what stands for the value in the help, e.g. `FILE` */
  readonly value?: string;
  /** whether it may be given several times */
  readonly multiple?: true;
  readonly about: string;
}

/** The help of a verb as data: `--help` and docs/reference/cli.md are both made from it. */
export interface VerbHelp {
  /** after the verb's name, e.g. `[PATTERN]` */
  readonly usage: string;
  readonly about: string;
  readonly options: Readonly<Record<string, OptionHelp>>;
  /** how many positionals may be given */
  readonly positionals: { readonly least: number; readonly most: number };
}

/** What was typed behind the verb. */
export interface Typed {
  readonly positionals: readonly string[];
  has(option: string): boolean;
  text(option: string): string | undefined;
  /** of an option that may be given several times */
  texts(option: string): readonly string[];
}

/** All that a verb gets of the process it runs in. */
export interface VerbContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** absolute path of the `berth` that a kernelspec shall call */
  readonly berth: string;
  /** `berth-place`, beside the bundles; absolute */
  readonly place: string;
  /** directory of the bundles and of what lies beside them; absolute */
  readonly lib: string;
  readonly json: boolean;
  /** aborts on SIGINT and SIGTERM */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** to stdout; resolves when it is taken */
  readonly print: (text: string) => Promise<void>;
  /** a line on stderr that is no failure */
  readonly note: (line: string) => void;
  /** with the sources that are for this person */
  readonly loadConfig: () => Promise<LoadedConfig>;
  /** as it stands in the file */
  readonly loadWholeConfig: () => Promise<LoadedConfig>;
  /** where the configuration is looked for */
  readonly configPlace: {
    readonly option?: string | undefined;
    readonly variable?: string | undefined;
    readonly home: string;
    readonly signal: AbortSignal;
  };
}

export interface Verb {
  readonly help: VerbHelp;
  /** @returns the exit status */
  readonly run: (context: VerbContext, typed: Typed) => Promise<number>;
}

export interface VerbEntry {
  /** words, e.g. `images ls` */
  readonly name: string;
  readonly summary: string;
  /** lazily, so that a verb loads only what it needs */
  readonly load: () => Promise<Verb>;
}
