import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  SLURM_OPTIONS,
  STARTING_VERBS,
  type StartingVerb,
} from '../../../spawner/src/gateway/slurm-options.ts';

const run = promisify(execFile);
let directory: string;
beforeAll(async () => {
  // they want to know of a cluster before they tell of their options; it is not asked
  directory = await mkdtemp(join(tmpdir(), 'slurm-options-'));
  const lines = [
    'ClusterName=none',
    'SlurmctldHost=localhost(127.0.0.1)',
    'NodeName=n1',
    'PartitionName=p Nodes=n1',
  ];
  await writeFile(join(directory, 'slurm.conf'), `${lines.join('\n')}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

/** Both streams of the installed command; inside of a job that there is not, so that nothing is ever started. */
async function said(verb: StartingVerb, ...words: string[]): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', SLURM_CONF: join(directory, 'slurm.conf') };
  const child = run(verb, words, { env });
  child.child.stdin?.end();
  const { stdout, stderr } = await child.catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return stdout + stderr;
}

const own = (verb: StartingVerb) => SLURM_OPTIONS.filter(({ verbs }) => verbs.includes(verb));

describe.each(STARTING_VERBS)('%s of the installed Slurm', (verb) => {
  test('has no option in --help and --usage that the table has not', async () => {
    const text = (await said(verb, '--help')) + (await said(verb, '--usage'));
    const names = new Set([...text.matchAll(/(?<![\w-])--([a-z][a-z0-9_-]+)/g)].map(([, name = '']) => name));
    expect(names.size).toBeGreaterThan(60);
    // words of the text that are no options: its own parser does not know them either
    const missing = [...names].filter((name) => !own(verb).some((one) => one.name === name));
    for (const name of missing) expect(await said(verb, `--${name}`)).toContain('unrecognized option');
    const letters = [...text.matchAll(/^\s*-([A-Za-z])[, ]/gm)].map(([, letter = '']) => letter);
    expect(letters.filter((letter) => !own(verb).some((one) => one.letter === letter))).toEqual([]);
  });

  test('names no other in what it lists of each beginning', async () => {
    const names = new Set(own(verb).map(({ name }) => name));
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
      const listed = (await said(verb, `--${letter}`)).split('possibilities:')[1] ?? '';
      for (const [, name = ''] of listed.matchAll(/'--([^']+)'/g)) expect([...names]).toContain(name);
    }
  });

  test('takes an argument just where the table says so', async () => {
    // an unknown option is complained of, unless it was taken for an argument; nothing is ever started
    const [next, last] = ['--no-such-option', '-~'];
    for (const { name, argument, letter } of own(verb).filter(({ kind }) => kind !== 'shows')) {
      const [split, joined] = await Promise.all([
        said(verb, `--${name}`, next, last),
        said(verb, `--${name}=~`, next),
      ]);
      expect({ name, exact: !joined.includes(`unrecognized option '--${name}`) }).toEqual({
        name,
        exact: true,
      });
      expect({ name, takes: !split.includes(`unrecognized option '${next}'`) }).toEqual({
        name,
        takes: argument === 'required',
      });
      expect({ name, none: joined.includes("doesn't allow an argument") }).toEqual({
        name,
        none: argument === 'none',
      });
      if (letter === undefined) continue;
      const [apart, together] = await Promise.all([
        said(verb, `-${letter}`, next, last),
        said(verb, `-${letter}~`, next),
      ]);
      expect({ letter, takes: !apart.includes(`unrecognized option '${next}'`) }).toEqual({
        letter,
        takes: argument === 'required',
      });
      expect({ letter, none: together.includes("invalid option -- '~'") }).toEqual({
        letter,
        none: argument === 'none',
      });
    }
  });
});

test('control: a row that is wrong is seen', async () => {
  expect(await said('srun', '--jobid')).toContain('requires an argument');
  expect(await said('srun', '--label=x')).toContain("doesn't allow an argument");
  expect(await said('srun', '--het-group', '1', '--zzz')).toContain("unrecognized option '--zzz'");
});
