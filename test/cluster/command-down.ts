import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { isAlive, signal } from './process-identity.ts';
import { allRecords, readRecord, type ClusterRecord } from './record.ts';
import { teardown } from './teardown.ts';
import { until } from './until.ts';

/**
 * Ends one cluster, or all of the caller's that the command `up` started or whose owner died. One that a living
 * program holds (a test run) is that program's to end.
 */
export async function commandDown(dir: string | null): Promise<number> {
  if (dir === null) {
    const mine = allRecords().filter((r) => isMine(r) && (r.heldByCommand || !isAlive(r.owner)));
    if (mine.length === 0) console.error('no cluster of yours to end');
    const ended = await Promise.all(mine.map(end));
    return ended.every(Boolean) ? 0 : 1;
  }
  const record = existsSync(dir) ? readRecord(resolve(dir)) : null;
  if (record === null) {
    console.error(`no cluster in ${dir}`);
    return 1;
  }
  if (!record.heldByCommand && isAlive(record.owner)) {
    console.error(`${dir} is held by process ${record.owner.pid}, which will end it`);
    return 1;
  }
  return (await end(record)) ? 0 : 1;
}

function isMine(record: ClusterRecord): boolean {
  return statSync(record.dir).uid === userInfo().uid;
}

/** Through its owner, who has the children and the ports; by ourselves only when the owner is dead. */
async function end(record: ClusterRecord): Promise<boolean> {
  if (!signal(record.owner, 'SIGTERM')) await teardown(record, true);
  const gone = await until(() => !existsSync(record.dir) && !isAlive(record.owner), 30_000);
  console.error(gone ? `${record.dir} is down` : `${record.dir} is still there after 30 s`);
  return gone;
}
