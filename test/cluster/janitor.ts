/**
 * Runs beside a cluster: `node janitor.ts DIR`, with its owner's pipe as stdin. When the pipe ends the owner is
 * gone, however it died; a cluster that is still there then is torn down. The daemons' death signal alone was
 * not enough: it leaves jobs, cgroups and the directory.
 */
import { readRecord } from './record.ts';
import { teardown } from './teardown.ts';

for await (const _ of process.stdin);
const record = readRecord(process.argv[2] as string);
if (record !== null) await teardown(record, false);
