import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopProcesses, type Daemon } from '../cluster/daemon.ts';
import { claimPorts } from '../cluster/ports.ts';
import { startRegistry, type RegistryAuth } from '../cluster/registry.ts';

export interface OwnRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** holds all that it has, under `registry/` */
  readonly directory: string;
  /** Ends it and removes what it holds; may be called twice. */
  close(): Promise<void>;
}

/** A registry without a cluster around it. */
export async function ownRegistry(auth: RegistryAuth | null = null): Promise<OwnRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const ports = await claimPorts(0);
  const daemons: Daemon[] = [];
  const close = async (): Promise<void> => {
    await stopProcesses(daemons.splice(0), 5_000);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await mkdir(join(directory, 'log'));
    await startRegistry(directory, ports.registry, auth, (daemon) => daemons.push(daemon));
  } catch (error) {
    await close();
    throw error;
  } finally {
    await ports.release();
  }
  return { host: `127.0.0.1:${ports.registry}`, directory, close };
}
