import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { cephPaths } from './ceph-conf.ts';
import { readRecord } from './record.ts';
import { supervisorMessage, type supervisorOptions } from './supervisor.ts';

/**
 * Starts a cluster that outlives the command and prints on stdout what a shell may `eval`; progress goes to
 * stderr. Returns the exit status. Ctrl-C ends what has been started, and only then the command.
 */
export async function commandUp(options: z.infer<typeof supervisorOptions>): Promise<number> {
  const script = fileURLToPath(new URL('supervisor.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    // None of our streams: whoever reads them to their end must not wait for the cluster's.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
    cwd: '/',
  });
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    console.error('interrupted: taking the cluster down');
    child.kill('SIGTERM');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
  const exited = once(child, 'exit');
  const dir = await Promise.race([ready(child), exited.then(() => null)]);
  if (dir !== null && !interrupted) {
    child.send('keep');
    await once(child, 'disconnect');
    child.unref();
    printExports(dir);
    return 0;
  }
  const [status] = (await exited) as [number | null];
  if (interrupted) return 130;
  console.error(`the cluster did not start (its supervisor ended with status ${status})`);
  return 1;
}

/** The directory when it is ready; progress and a failure are printed. */
function ready(child: ChildProcess): Promise<string> {
  const begin = performance.now();
  return new Promise((resolve) => {
    child.on('message', (raw) => {
      const message = supervisorMessage.parse(raw);
      switch (message.type) {
        case 'progress':
          console.error(`${((performance.now() - begin) / 1000).toFixed(1).padStart(5)} s  ${message.line}`);
          return;
        case 'failed':
          console.error(message.sentence);
          return;
        case 'ready':
          resolve(message.dir);
      }
    });
  });
}

function printExports(dir: string): void {
  const record = readRecord(dir);
  if (record?.ready == null) throw new Error(`the cluster in ${dir} has ended already`);
  console.log(`export SLURM_CONF=${record.ready.slurmConf}`);
  if (record.ready.registryUrl !== null)
    console.log(`export BERTH_CLUSTER_REGISTRY=${record.ready.registryUrl}`);
  if (record.ready.s3Url !== null) {
    console.log(`export BERTH_CLUSTER_S3=${record.ready.s3Url}`);
    console.log(`export AWS_SHARED_CREDENTIALS_FILE=${cephPaths(dir).credentials}`);
  }
  console.log(`export BERTH_CLUSTER_DIR=${dir}`);
}
