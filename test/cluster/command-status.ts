import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isAlive } from './process-identity.ts';
import { allRecords, type ClusterRecord } from './record.ts';

const run = promisify(execFile);

/** Prints every cluster of this machine: who holds it, its processes, its jobs. */
export async function commandStatus(): Promise<number> {
  const records = allRecords();
  if (records.length === 0) console.log('no cluster');
  for (const record of records) console.log(await describe(record));
  return 0;
}

async function describe(record: ClusterRecord): Promise<string> {
  const holder = record.heldByCommand ? 'held by the command' : 'held by its program';
  const owner = isAlive(record.owner) ? `${holder}, pid ${record.owner.pid}` : 'its owner is dead';
  const daemons = record.daemons.map((d) => `${d.name} ${isAlive(d) ? d.pid : 'ENDED'}`);
  return [
    `${record.dir}  (${record.ready === null ? 'starting' : 'ready'}; ${owner})`,
    `  nodes     ${record.nodes.join(' ')}`,
    `  daemons   ${daemons.join(', ')}`,
    `  registry  ${record.ready?.registryUrl ?? '-'}`,
    ...(record.ready?.s3Url == null ? [] : [`  s3        ${record.ready.s3Url}`]),
    ...(record.ready === null ? [] : await jobs(record.ready.slurmConf)),
  ].join('\n');
}

async function jobs(slurmConf: string): Promise<readonly string[]> {
  const env = { PATH: '/usr/bin:/bin', SLURM_CONF: slurmConf };
  const format = '%A %u %T %M %N %j';
  try {
    const { stdout } = await run('/usr/bin/squeue', ['-h', '-a', '-o', format], { env, timeout: 5_000 });
    const lines = stdout.split('\n').filter(Boolean);
    return lines.length === 0 ? ['  jobs      none'] : lines.map((line) => `  job       ${line}`);
  } catch {
    return ['  jobs      slurmctld does not answer'];
  }
}
