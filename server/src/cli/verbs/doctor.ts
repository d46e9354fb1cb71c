import { Config, isFailure, printable } from '@berth/schema';
import { credentialFiles, credentialLookup } from '@berth/spawner/image';
import { srunEnvironment } from '@berth/spawner/launch';
import { commandRunner, withoutSlurmOptions } from '@berth/spawner/slurm';
import { tmpdir, userInfo } from 'node:os';
import { fine, problem, type Check, type Finding, type Site } from '../doctor/check.ts';
import { hostChecks, nodeChecks, siteChecks } from '../doctor/checks.ts';
import { nodeFindings } from '../doctor/node.ts';
import { expandHome } from '../expand-home.ts';
import { jsonText } from '../json-text.ts';
import type { Verb, VerbContext } from '../verb.ts';

/** A job of the doctor may wait in the queue so long. Milliseconds. */
const PATIENCE = 120_000;

export const doctor: Verb = {
  help: {
    usage: '',
    about:
      'Checks step by step whether this site has what Berth needs, and says how to mend what it lacks. Ends with 0 only if all is well. What containers need is checked here, or with --node on a node, in a small job.',
    options: {
      node: { type: 'boolean', about: 'check a compute node by a job of two minutes at most' },
      site: { type: 'boolean', about: "what the Hub's service needs too; run it as that service's account" },
      'on-node': { type: 'boolean', about: 'only what a node needs, here' },
    },
    positionals: { least: 0, most: 0 },
  },
  run: async (context, typed) => {
    const { config, file, finding } = await configured(context);
    const site = siteOf(context, config);
    const onNode = typed.has('on-node');
    const findings: Finding[] = [];
    const report = async (found: Finding): Promise<void> => {
      findings.push(found);
      if (!context.json) await context.print(line(found));
    };
    await report(finding);
    const checks = [
      ...(typed.has('site') ? siteChecks : []),
      ...(onNode ? [] : hostChecks(config, finding.ok)),
      ...(typed.has('node') ? [] : nodeChecks(config)),
    ];
    for (const check of checks) await report(await look(check, site, context));
    if (typed.has('node') && !onNode) {
      context.progress.update('waiting for a node');
      const found = await nodeFindings(site, file);
      context.signal.throwIfAborted();
      context.progress.done();
      for (const one of found) await report(one);
    }
    const ok = findings.every((found) => found.ok);
    if (context.json) await context.print(jsonText({ ok, findings }));
    return ok ? 0 : 1;
  },
};

async function look({ name, look }: Check, site: Site, { progress, signal }: VerbContext): Promise<Finding> {
  signal.throwIfAborted();
  progress.update(`checking ${name}`);
  const found = await look(site);
  // what was found while all was being stopped accuses the innocent
  signal.throwIfAborted();
  progress.done();
  return { check: name, ...found };
}

/** Without a valid configuration the defaults are checked, and the finding says so. */
async function configured({
  loadWholeConfig,
  home,
}: VerbContext): Promise<{ config: Config; file?: string; finding: Finding }> {
  try {
    const { file, config } = await loadWholeConfig();
    return { config, file, finding: { check: 'configuration', ...fine(file) } };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const config = expandHome(Config.parse({}), home);
    return { config, finding: { check: 'configuration', ...problem(error.message, error.hint) } };
  }
}

function siteOf({ env, home, berth, place, signal }: VerbContext, config: Config): Site {
  const { username: USER } = userInfo();
  return {
    config,
    env,
    home,
    berth,
    place,
    signal,
    // what the job around us asked of Slurm is not what a job of ours asks; ch-run wants a USER, as the launcher gives it
    run: commandRunner({ USER, ...withoutSlurmOptions(env) }, PATIENCE, signal),
    runJob: commandRunner({ USER, ...srunEnvironment(env) }, PATIENCE, signal),
    credentials: credentialLookup({ files: credentialFiles(env, home), env }),
    fuseDevice: '/dev/fuse',
    temporary: tmpdir(),
  };
}

const line = ({ check, ok, says, mend }: Finding): string =>
  `${ok ? 'ok      ' : 'PROBLEM '} ${printable(`${check}: ${says}`)}\n${mend === undefined ? '' : `          ${printable(mend)}\n`}`;
