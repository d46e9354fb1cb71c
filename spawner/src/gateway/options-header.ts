import { SLURM_OPTIONS, STARTING_VERBS, type SlurmOption, type StartingVerb } from './slurm-options.ts';

const constant = (text: string): string => text.toUpperCase().replaceAll('-', '_');

function row({ name, argument, letter, kind }: SlurmOption): string {
  const words = [
    `"${name}"`,
    letter === undefined ? '0' : `'${letter}'`,
    `ARGUMENT_${constant(argument)}`,
    `OPTION_${constant(kind ?? 'plain')}`,
  ];
  return `    {${words.join(', ')}},`;
}

function table(verb: StartingVerb): string[] {
  const own = SLURM_OPTIONS.filter(({ verbs }) => verbs.includes(verb));
  return [`static const struct option ${verb}_options[] = {`, ...own.map(row), '    {NULL, 0, 0, 0},', '};'];
}

/** The table as the gate is compiled with it: a verdict asked of Node for each call would cost more than the call. */
export const optionsHeader = (): string =>
  [
    '/* Made from slurm-options.ts by "npm run slurm-options": not to be changed here. */',
    ...STARTING_VERBS.flatMap(table),
    '',
  ].join('\n');
