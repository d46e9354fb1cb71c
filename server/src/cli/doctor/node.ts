import { Resources } from '@berth/schema';
import { newJobArgv } from '@berth/spawner/slurm';
import * as z from 'zod/mini';
import { defaultResources } from '../../kernelspecs/index.ts';
import { attempt, Finding, fine, problem, type Site } from './check.ts';

/** A job that is small and short, where the default profile would run. */
function srunOf({ config }: Site): readonly string[] {
  const resources = Resources.parse({ ...defaultResources(config), cpus: 1, memory: '200M', time: '2' });
  return newJobArgv(`${config.slurm.binDirectory}/srun`, resources, {
    name: 'berth-doctor',
    comment: 'berth:doctor',
  });
}

const Report = z.object({ findings: z.array(Finding) });

/** On one node: is Berth there at the same path, and what do the node's own checks say? */
export async function nodeFindings(site: Site, configFile: string | undefined): Promise<readonly Finding[]> {
  const srun = srunOf(site);
  const check = 'install path on nodes';
  const there = await attempt(site.run, [...srun, 'test', '-x', site.berth]);
  if (there.status !== 0) {
    const mend = `Install Berth at ${site.berth} on all nodes, or on a file system that they share.`;
    return [
      {
        check,
        ...problem(
          `${site.berth} is not on the node that Slurm gave: ${there.text || 'not executable there'}`,
          mend,
        ),
      },
    ];
  }
  const config = configFile === undefined ? [] : ['--config', configFile];
  const { status, stdout, text } = await attempt(site.run, [
    ...srun,
    site.berth,
    'doctor',
    '--on-node',
    '--json',
    ...config,
  ]);
  const there2: Finding = { check, ...fine(`${site.berth} is on the node too`) };
  try {
    const { findings } = Report.parse(JSON.parse(stdout));
    return [there2, ...findings.map((finding) => ({ ...finding, check: `node: ${finding.check}` }))];
  } catch {
    const says = `berth doctor did not run on the node (status ${String(status)}): ${text}`;
    return [
      there2,
      { check: 'node', ...problem(says, 'Run "berth doctor --on-node" on a node to see why.') },
    ];
  }
}
