/** Each image that has a kernel: what matters most of Slurm from a notebook's cell of it, against the same outside. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Driver } from '../jupyter/driver.ts';
import { CORE, SCRIPT, type Invocation } from './invocations.ts';
import { siteUp, type Site } from './site.ts';
import { compared, inLanguage, TwoSides } from './two-sides.ts';

jest.setTimeout(120_000);

/** those of slurm-inside.test.ts have the whole table */
const OTHERS = [
  ['debian-python', 'python'],
  ['science-python', 'python'],
  ['bare-python', 'python'],
  ['bash-kernel', 'bash'],
  ['deleted-kernel', 'python'],
  ['opaque-kernel', 'bash'],
  ['two-tags', 'python'],
  ['multi-arch', 'python'],
  ['zstd-python', 'python'],
  ['mixed-python', 'python'],
  ['slurm-clients', 'python'],
  ['plain-python', 'python', inBash],
  ['plain-bash', 'bash', inBash],
] as const;

/** For an image that has bash and coreutils, and neither sh nor hostname. */
function inBash({ argv, shell, ...rest }: Invocation): Invocation {
  const had: Readonly<Record<string, readonly string[]>> = { sh: ['bash'], hostname: ['uname', '-n'] };
  const words = argv?.flatMap((word) => had[word] ?? [word]);
  return { ...rest, argv: words ?? ['bash', '-c', shell?.replace('script.sh', 'bash-script.sh') ?? ''] };
}
const asItIs = (call: Invocation): Invocation => call;

let site: Site;
let driver: Driver;
let sides: TwoSides;
beforeAll(async () => {
  site = await siteUp({ images: [...OTHERS.map(([image]) => image), 'r-kernel'], nodes: 1 });
  sides = await TwoSides.of(site);
  await sides.write('script.sh', SCRIPT);
  await sides.write('bash-script.sh', SCRIPT.replace('/bin/sh', '/usr/bin/env bash'));
  driver = await site.driver();
}, 300_000);
afterAll(async () => {
  // first, for steps that still run would write there
  await site?.down();
  await sides?.remove();
}, 60_000);

test.each(OTHERS)('%s', async (image, language, written = asItIs) => {
  const kernel = await driver.kernel(await site.kernel(image, { language }), { cwd: sides.directory });
  try {
    const variables = await sides.variables(kernel, language);
    for (const call of CORE.map(written)) {
      const theirs = await sides.outside(variables, call);
      expect(compared(await sides.inside(kernel, call, language), call)).toEqual(compared(theirs, call));
    }
  } finally {
    await kernel.shutdown();
  }
});

test('r-kernel, where no Python is', async () => {
  const kernel = await driver.kernel(await site.kernel('r-kernel', { language: 'R' }), {
    cwd: sides.directory,
  });
  const script = await sides.write('core.sh', CORE_IN_BASH);
  const said = await kernel.output(inLanguage('R', ['bash', script]));
  const { stdout } = await sides.run(await sides.variables(kernel, 'R'), ['bash', script]);
  expect(said).toBe(stdout);
  expect(said).toContain('terminal');
  await kernel.shutdown();
});

/** The same as CORE. */
const CORE_IN_BASH = `squeue -h -o %u | sort -u
sbatch --wait -Q --mem=10 -o core-o script.sh x "y z"; echo $?; cat core-o; rm -f core-o
srun --mem=100 -O -n 4 hostname
echo hello | srun --mem=100 cat
srun --mem=100 sh -c 'exit 3'; echo $?
set -m
srun --mem=100 sh -c 'echo begun; sleep 60' > core-b 2>&1 &
until grep -q begun core-b; do sleep 0.1; done
kill -s INT -- -$!; sleep 0.3; kill -s INT -- -$!; wait $!; echo $?
rm -f core-b
script -qec "srun --mem=100 --pty sh -c 'tty > /dev/null && echo terminal'" /dev/null < /dev/null 2>&1 | tr -cd 'a-z\\n'
`;

test('nothing is left', async () => {
  await driver.dispose();
  await site.untilClean(15_000);
});
