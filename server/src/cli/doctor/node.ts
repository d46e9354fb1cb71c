import { Resources } from '@berth/schema';
import { lastSlurmLine } from '@berth/spawner/launch';
import { newJobArgv } from '@berth/spawner/slurm';
import * as z from 'zod/mini';
import { defaultResources } from '../../kernelspecs/index.ts';
import { attempt, Finding, fine, problem, type Site } from './check.ts';

/** So long a job may wait for a node: then srun gives it up itself. Killed instead, it would leave the job. Seconds. */
const IN_QUEUE = 90;

/** A job that is small and short, where the default profile would run. */
function srunOf({ config }: Site): readonly string[] {
  const resources = Resources.parse({ ...defaultResources(config), cpus: 1, memory: '200M', time: '2' });
  const names = { name: 'berth-doctor', comment: 'berth:doctor' };
  const [srun = '', ...options] = newJobArgv(`${config.slurm.binDirectory}/srun`, resources, names);
  return [srun, `--immediate=${IN_QUEUE}`, ...options];
}

/** A constant; the program is its argument. It answers in words: srun's status would say as well that there was no job. */
const IS_THERE = 'if test -x "$1"; then echo there; else echo absent; fi';

/** The first line of srun's is often a warning that was always there, as of CPU binding. */
const wordsOf = ({ stderr, text }: Awaited<ReturnType<typeof attempt>>): string =>
  lastSlurmLine(stderr) || text;

const Report = z.object({ findings: z.array(Finding) });

/** On one node: is Berth there at the same path, and what do the node's own checks say? */
export async function nodeFindings(site: Site, configFile: string | undefined): Promise<readonly Finding[]> {
  const srun = srunOf(site);
  const check = 'install path on nodes';
  const asked = await attempt(site.runJob, [...srun, 'sh', '-c', IS_THERE, 'sh', site.berth]);
  const answer = asked.stdout.trim();
  if (answer === 'absent') {
    const mend = `Install Berth at ${site.berth} on all nodes, or on a file system that they share.`;
    return [{ check, ...problem(`${site.berth} is not on the node that Slurm gave`, mend) }];
  }
  if (answer !== 'there') {
    const mend =
      'Check that the resources of the default profile can be had, in "profiles" of the configuration, and the nodes with "sinfo".';
    return [{ check: 'node', ...problem(`a small job did not run: ${wordsOf(asked)}`, mend) }];
  }
  const config = configFile === undefined ? [] : ['--config', configFile];
  const ran = await attempt(site.runJob, [...srun, site.berth, 'doctor', '--on-node', '--json', ...config]);
  const there: Finding = { check, ...fine(`${site.berth} is on the node too`) };
  try {
    const { findings } = Report.parse(JSON.parse(ran.stdout));
    return [there, ...findings.map((finding) => ({ ...finding, check: `node: ${finding.check}` }))];
  } catch {
    const says = `berth doctor did not run on the node (status ${String(ran.status)}): ${wordsOf(ran)}`;
    return [there, { check: 'node', ...problem(says, 'Run "berth doctor --on-node" on a node to see why.') }];
  }
}
