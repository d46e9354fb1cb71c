import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCeph, type Ceph } from '../cluster/ceph.ts';
import { stopProcesses, type Daemon } from '../cluster/daemon.ts';
import { claimPorts } from '../cluster/ports.ts';

export interface OwnCeph extends Ceph {
  /** Ends it and removes what it holds; may be called twice. */
  close(): Promise<void>;
}

/** A Ceph with its S3 gateway, without a cluster around it. */
export async function ownCeph(): Promise<OwnCeph> {
  const directory = await mkdtemp(join(tmpdir(), 'ceph-'));
  const ports = await claimPorts(0);
  const daemons: Daemon[] = [];
  const close = async (): Promise<void> => {
    await stopProcesses(daemons.splice(0), 3_000);
    await ports.release();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await mkdir(join(directory, 'log'));
    return { ...(await startCeph(directory, ports.spare, (daemon) => daemons.push(daemon))), close };
  } catch (error) {
    await close();
    throw error;
  }
}
