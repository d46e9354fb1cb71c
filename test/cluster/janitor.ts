/**
 * Runs beside a cluster: `node janitor.ts DIR`, with its owner's pipe as stdin. When the pipe ends the owner is
 * gone, however it died; a cluster that is still there then is torn down. The daemons' death signal alone was
 * not enough: it leaves jobs, cgroups and the directory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers } from './leftovers.ts';
import { readRecord } from './record.ts';
import { teardown } from './teardown.ts';

const ROUNDS = 5;

for await (const _ of process.stdin);
const record = readRecord(process.argv[2] as string);
// a dying slurmd may start a step that no look at the processes knew yet
for (let round = 1; record !== null && round <= ROUNDS; round++) {
  const failed = await teardown(record, false).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failed === undefined && leftovers(record.dir, record.nodes).length === 0) break;
  if (round === ROUNDS) throw new Error(`${record.dir} could not be taken down`, { cause: failed });
  await sleep(500);
}
