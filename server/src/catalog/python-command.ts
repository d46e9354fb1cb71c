/** Options of `python` whose value is the next word. Source: python(1). */
const WITH_VALUE = new Set(['-W', '-X', '--check-hash-based-pycs']);

/** The module that a Python command runs: `python -Xa -m ipykernel_launcher -f x` -> `ipykernel_launcher`; pure. */
export function moduleOf(argv: readonly string[]): string | undefined {
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const joined = /^-[bBdEhiIOPqsSuvVx]*m(.*)$/.exec(word);
    if (joined) return joined[1] || argv[at + 1];
    // a script or a command line: what follows is its own
    if (!word.startsWith('-') || word === '-c') return undefined;
    if (WITH_VALUE.has(word)) at += 1;
  }
  return undefined;
}

/** Whether the command is ipykernel's own. */
export const runsIpykernel = (argv: readonly string[]): boolean =>
  ['ipykernel_launcher', 'ipykernel'].includes(moduleOf(argv) ?? '');
