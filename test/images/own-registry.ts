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
  /** Ends it; its port stays claimed, so that no other answers there. */
  stop(): Promise<void>;
  /** Ends it, removes what it holds and gives its port back; may be called twice. */
  close(): Promise<void>;
}

/** A registry without a cluster around it. */
export async function ownRegistry(auth: RegistryAuth | null = null): Promise<OwnRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const ports = await claimPorts(0);
  const daemons: Daemon[] = [];
  const stop = (): Promise<void> => stopProcesses(daemons.splice(0), 5_000);
  const close = async (): Promise<void> => {
    await stop();
    await rm(directory, { recursive: true, force: true });
    await ports.release();
  };
  try {
    await mkdir(join(directory, 'log'));
    await startRegistry(directory, ports.registry, auth, (daemon) => daemons.push(daemon));
  } catch (error) {
    await close();
    throw error;
  }
  return { host: `127.0.0.1:${ports.registry}`, directory, stop, close };
}
