import { silenceWords } from './job-list.ts';
import type { RunCommand } from './run-command.ts';
import { NODE_FIELDS } from './slurm-language.ts';

/** What Slurm's record says of the nodes. */
export interface Nodes {
  /** address by node's name */
  readonly addresses: ReadonlyMap<string, string>;
  /** by partition's name, in Slurm's order */
  readonly partitions: ReadonlyMap<string, PartitionState>;
}

export interface PartitionState {
  /** where jobs go that name none */
  readonly standard: boolean;
  readonly up: boolean;
  readonly idleCpus: number;
  readonly cpus: number;
}

const ADDRESS = /^[A-Za-z0-9][A-Za-z0-9.:-]{0,254}$/;

/** Lines in `NODE_FIELDS`; one of another form is left out. Pure. */
export function parseNodes(text: string): Nodes {
  const addresses = new Map<string, string>();
  const partitions = new Map<string, PartitionState>();
  for (const line of text.split('\n')) {
    const [name = '', address = '', marked = '', up, , cpus = ''] = line.split('|');
    const partition = marked.replace(/\*$/, '');
    const [, idle, , all] = cpus.split('/').map(Number);
    if (name === '' || partition === '' || idle === undefined || all === undefined) continue;
    if (ADDRESS.test(address)) addresses.set(name, address);
    const sum = partitions.get(partition) ?? {
      standard: marked !== partition,
      up: up === 'up',
      idleCpus: 0,
      cpus: 0,
    };
    partitions.set(partition, { ...sum, idleCpus: sum.idleCpus + idle, cpus: sum.cpus + all });
  }
  return { addresses, partitions };
}

/** A question that fails throws its words. */
export async function askNodes(run: RunCommand, sinfo: string): Promise<Nodes> {
  const { status, stdout, stderr } = await run([sinfo, '--noheader', '--Node', `--format=${NODE_FIELDS}`]);
  if (status !== 0) throw new Error(silenceWords(stderr, status));
  return parseNodes(stdout);
}
