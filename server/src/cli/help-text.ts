import { COMMON_OPTIONS } from './parse-command.ts';
import type { OptionHelp, VerbHelp } from './verb.ts';

interface Summary {
  readonly name: string;
  readonly summary: string;
}

const table = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
};

const optionRow = ([name, { value, about }]: readonly [string, OptionHelp]): readonly [string, string] => [
  value === undefined ? `--${name}` : `--${name} ${value}`,
  about,
];

/** `berth --help`, or that of a group such as `berth images`. */
export function overviewText(verbs: readonly Summary[], group?: string): string {
  const shown = group === undefined ? verbs : verbs.filter(({ name }) => name.startsWith(`${group} `));
  return [
    `usage: berth ${group ?? ''}${group === undefined ? '' : ' '}VERB [OPTIONS]`,
    '',
    ...(group === undefined
      ? ['Container images as Jupyter kernels on the nodes that Slurm allots.', '']
      : []),
    table(shown.map(({ name, summary }) => [name, summary])),
    '',
    '"berth VERB --help" tells more; "berth --version" the version.',
    '',
  ].join('\n');
}

/** `berth VERB --help`. */
export function verbText(name: string, help: VerbHelp): string {
  const options = Object.entries({ ...help.options, ...COMMON_OPTIONS }).map(optionRow);
  const usage = ['usage: berth', name, '[OPTIONS]', ...(help.usage === '' ? [] : [help.usage])].join(' ');
  return [usage, '', help.about, '', table(options), ''].join('\n');
}
