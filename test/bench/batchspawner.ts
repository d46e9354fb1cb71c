import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CountedSlurm } from '../live/counted-slurm.ts';
import { ruleOf, type HubSite } from '../live/hub-site.ts';

const run = promisify(execFile);

/** Where to look for packages, and a whole jupyterhub_config.py. */
export interface Batchspawner {
  readonly packages: string;
  readonly config: string;
}

/** While the file `die` is there a job says its words and ends. */
interface Death {
  readonly die: string;
  readonly words: string;
}

/** batchspawner as its documents say, and the sudo rule that it wants; with absolute commands, without which it does not start. */
export async function batchspawner(
  site: HubSite,
  counted: CountedSlurm,
  death: Death,
): Promise<Batchspawner> {
  const { directory } = counted;
  const target = join(site.prefix, 'batchspawner');
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    `--target=${target}`,
  ];
  await run(site.python, [...pip, 'batchspawner==1.3.0']);
  const rule = ruleOf(site.prefix);
  const commands = ['sbatch', 'squeue', 'scancel'].map((name) => join(directory, name)).join(', ');
  await chmod(rule, 0o640);
  await writeFile(
    rule,
    `${await readFile(rule, 'utf8')}berth-hub ALL=(%berth-people) NOPASSWD:SETENV: ${commands}\n`,
  );
  await chmod(rule, 0o440);
  return { packages: target, config: configOf(site, counted, target, death) };
}

const configOf = (
  site: HubSite,
  { directory }: CountedSlurm,
  packages: string,
  { die, words }: Death,
): string => {
  const hosts = Object.fromEntries(site.cluster.nodes.map((node) => [node, '127.0.0.1']));
  return `# jupyterhub_config.py
import batchspawner
c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.hub_ip = "0.0.0.0"
c.JupyterHub.hub_connect_ip = "hub.example.org"
c.JupyterHub.cleanup_servers = False
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "batchspawner.MultiSlurmSpawner"
c.MultiSlurmSpawner.daemon_resolver = ${JSON.stringify(hosts)}
c.Spawner.start_timeout = 300
c.Spawner.default_url = "/lab"
c.Spawner.env_keep = ["SLURM_CONF", "PATH", "LANG"]
c.Spawner.environment = {"BERTH_CONFIG": "${site.configFile}"}
c.Spawner.cmd = ["${join(site.python, '../jupyterhub-singleuser')}"]
# sudo takes PYTHONPATH away, whatever its rule says
c.BatchSpawnerBase.batchspawner_singleuser_cmd = "/usr/bin/env PYTHONPATH=${packages} ${site.python} -m batchspawner.singleuser"
c.SlurmSpawner.batch_submit_cmd = "${directory}/sbatch --parsable"
c.SlurmSpawner.batch_query_cmd = "${directory}/squeue -h -j {job_id} -o '%T %B'"
c.SlurmSpawner.batch_cancel_cmd = "${directory}/scancel {job_id}"
c.SlurmSpawner.req_srun = ""
c.SlurmSpawner.req_runtime = "30"
c.SlurmSpawner.req_memory = "500M"
c.SlurmSpawner.req_nprocs = "1"
c.SlurmSpawner.req_prologue = "if [ -e ${die} ]; then echo '${words}'; exit 3; fi"
c.SlurmSpawner.batch_script = batchspawner.SlurmSpawner.batch_script.default_value.replace("#SBATCH --get-user-env=L\\n", "")
c.JupyterHub.services = [{"name": "berth", "url": "http://127.0.0.1:10201", "command": ["/opt/berth/bin/berth", "serve", "--site", "--directory", "/run/berth"]}]
`;
};
