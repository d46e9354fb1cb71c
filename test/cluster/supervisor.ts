/**
 * Holds the cluster of the command `up`, in a session of its own: `node supervisor.ts OPTIONS_JSON`, with an IPC
 * channel to the command. Until the command says `keep`, the end of the channel (Ctrl-C there, or even SIGKILL)
 * ends the cluster; afterwards SIGTERM does.
 */
import { z } from 'zod';
import { aborted } from './aborted.ts';
import { clusterUp } from './cluster.ts';

export const supervisorOptions = z.object({
  nodes: z.number().int(),
  cgroup: z.boolean(),
  ceph: z.boolean(),
  extraSlurmConf: z.array(z.string()),
});

/** What it tells the command. */
export const supervisorMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), line: z.string() }),
  z.object({ type: z.literal('ready'), dir: z.string() }),
  z.object({ type: z.literal('failed'), sentence: z.string() }),
]);

if (import.meta.main) await supervise();

async function supervise(): Promise<void> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(new Error('interrupted'));
  const tell = (message: z.infer<typeof supervisorMessage>): void => {
    if (process.connected) process.send?.(message);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, abort);
  process.on('disconnect', abort);
  process.once('message', () => {
    process.off('disconnect', abort);
    process.disconnect();
  });
  try {
    const cluster = await clusterUp({
      ...supervisorOptions.parse(JSON.parse(process.argv[2] as string)),
      heldByCommand: true,
      signal: stop.signal,
      onProgress: (line) => tell({ type: 'progress', line }),
    });
    tell({ type: 'ready', dir: cluster.dir });
    await aborted(stop.signal);
    await cluster.down();
  } catch (error) {
    tell({ type: 'failed', sentence: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
  if (process.connected) process.disconnect();
}
