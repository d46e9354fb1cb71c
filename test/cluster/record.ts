import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const process_ = z.object({ pid: z.number().int().positive(), startTime: z.string() });

const schema = z.object({
  dir: z.string(),
  owner: process_,
  heldByCommand: z.boolean(),
  nodes: z.array(z.string()),
  daemons: z.array(process_.extend({ name: z.string() })),
  /** what the CLI shows; null until the cluster is ready */
  ready: z
    .object({
      slurmConf: z.string(),
      registryUrl: z.string().nullable(),
      // a cluster of an older clone has none
      s3Url: z.string().nullable().default(null),
      srunPortRange: z.tuple([z.number(), z.number()]),
    })
    .nullable(),
});

/** What has to be ended and removed for one cluster. Kept in its directory, so that any process can do it. */
export type ClusterRecord = Readonly<z.infer<typeof schema>>;

/** Every cluster's directory is TMPDIR/<this>XXXXXX. */
export const directoryPrefix = 'berth-cluster-';

/** All clusters of this machine, whoever holds them. */
export function allRecords(): readonly ClusterRecord[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith(directoryPrefix))
    .map((name) => readRecord(join(tmpdir(), name)))
    .filter((record) => record !== null);
}

const recordPath = (dir: string): string => join(dir, 'cluster.json');

export function writeRecord(record: ClusterRecord): void {
  const path = recordPath(record.dir);
  writeFileSync(`${path}.new`, JSON.stringify(record, null, 2));
  renameSync(`${path}.new`, path);
}

/** Null when the directory holds no cluster (any more). */
export function readRecord(dir: string): ClusterRecord | null {
  try {
    return schema.parse(JSON.parse(readFileSync(recordPath(dir), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
