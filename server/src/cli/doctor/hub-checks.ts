import { constants } from 'node:fs';
import { access, lstat, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { attempt, fine, problem, type Check, type Site } from './check.ts';

/** What acts for people: whoever could exchange it, or anything above it, would act as everybody. */
export const helperOwner: Check = {
  name: 'helper',
  look: async ({ config: { hub } }) => {
    for (const path of [hub.helper, `${hub.helper}.conf`, join(dirname(hub.helper), 'berth-hub-job')]) {
      const strange = await notRoots(path);
      if (strange !== undefined)
        return problem(
          strange,
          'Run scripts/install-hub.sh PREFIX PYTHON as root, with a PREFIX that only root can write.',
        );
    }
    return fine(`${hub.helper} and all above it are root's`);
  },
};

/** The first on the way up that is not root's alone; undefined when all are. */
async function notRoots(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return `${path} is not there`;
  for (let at = real; ; at = dirname(at)) {
    const { uid, mode } = await lstat(at);
    if (uid !== 0) return `${at} belongs to uid ${uid}, not to root`;
    if ((mode & 0o022) !== 0) return `others than root may write in ${at}`;
    if (at === '/') return undefined;
  }
}

/** The rule of sudoers: this account may run the helper, and may not become root by it. */
export const sudoRule: Check = {
  name: 'sudo',
  look: async ({ run, config: { hub } }) => {
    const { username: name } = userInfo();
    const root = await attempt(run, [hub.sudo, '-n', '-u', 'root', '--', hub.helper]);
    if (root.missing) return problem(`${hub.sudo}: it is not there`, 'Install sudo, or set hub.sudo.');
    if (root.text.startsWith('berth-as-user:'))
      return problem(
        `${name} may become root by sudo`,
        'Name a group of ordinary people in the rule, and "!root".',
      );
    const { stdout } = await attempt(run, [hub.sudo, '-n', '-l']);
    if (!stdout.includes(hub.helper))
      return problem(
        `sudo has no rule by which ${name} runs ${hub.helper}`,
        'Adapt spawner/hub/sudoers.example, as the account that the Hub runs as.',
      );
    if (/SETENV:[^\n]*berth-as-user/.test(stdout.replaceAll('NOSETENV:', '')))
      return problem('the rule of sudo lets the environment through', 'Take SETENV out of it.');
    return fine(`${name} runs ${hub.helper} for ordinary people`);
  },
};

/** Without it an ended job and a hidden one look alike. */
export const seesAllJobs: Check = {
  name: 'jobs of all people',
  look: async ({ run, config: { slurm } }: Site) => {
    const shown = await attempt(run, [join(slurm.binDirectory, 'scontrol'), 'show', 'config']);
    if (shown.status !== 0) return problem(shown.text, 'Ask for the Slurm controller.');
    const hidden = /^PrivateData\s*=\s*(.*)$/m.exec(shown.stdout)?.[1] ?? 'none';
    if (!/\bjobs\b/.test(hidden)) return fine('Slurm shows all jobs to everybody');
    const { username: name } = userInfo();
    const argv = ['--parsable2', '--noheader', 'show', 'user', name, 'format=adminlevel'];
    const level = await attempt(run, [join(slurm.binDirectory, 'sacctmgr'), ...argv]);
    const told = level.stdout.trim();
    if (/^(?:Operator|Administrator)$/m.test(told)) return fine(`${name} is a Slurm operator`);
    return problem(
      `PrivateData hides the jobs of others from ${name}`,
      // Slurm modifies only whom it knows
      level.status === 0 && told === ''
        ? `sacctmgr add user ${name} account=SOME adminlevel=operator`
        : `sacctmgr modify user ${name} set adminlevel=operator`,
    );
  },
};

/** Where the service keeps what it must not forget. */
export const hubState: Check = {
  name: 'state of the service',
  look: async ({ config: { hub } }) => {
    const mend = `install -d -m 700 -o ${userInfo().username} ${hub.state}`;
    const found = await lstat(hub.state).catch(() => undefined);
    if (found === undefined) return problem(`${hub.state} is not there`, mend);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
      return problem(`${hub.state} is not this account's alone`, mend);
    const writable = await access(hub.state, constants.W_OK).then(
      () => true,
      () => false,
    );
    return writable ? fine(hub.state) : problem(`nothing can be written in ${hub.state}`, mend);
  },
};

/** A source's part is given to its group by chgrp, which only members may do. */
export const audiences: Check = {
  name: 'audiences',
  look: async ({ run, config: { sources } }) => {
    const wanted = Object.values(sources).flatMap(({ audience }) => audience ?? []);
    const { stdout } = await attempt(run, ['/usr/bin/id', '-Gnz']);
    const lacks = wanted.filter((group) => !stdout.split('\0').includes(group));
    return lacks.length === 0
      ? fine(wanted.length === 0 ? 'all sources are for everybody' : wanted.join(', '))
      : problem(
          `${userInfo().username} is not in the group ${lacks.join(', ')}`,
          `usermod -a -G ${lacks.join(',')} ${userInfo().username}, then start the Hub anew`,
        );
  },
};
