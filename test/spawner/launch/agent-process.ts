import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { runAgent } from '../../../spawner/src/launch/agent.ts';
import { storePaths } from '../../../spawner/src/store/store-paths.ts';

// `berth agent` with an image that is made at once: run by the berth-place of tests, beside fake tools
const end = (fd: number): Socket => new Socket({ fd }).on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const status = await runAgent({
  place: { frames: end(3), output: end(4), errors: end(5) },
  program: process.argv[2] ?? '',
  output: process.stdout,
  errors: process.stderr,
  env: process.env,
  rootfs: async (plan, doing, signal) => {
    const { Failure } = await import('@berth/schema');
    if (process.env['SLOW_IMAGE'] !== undefined) {
      doing('fetching the image');
      if (!signal.aborted) await once(signal, 'abort');
      throw new Failure('cancelled', {});
    }
    if (process.env['BAD_IMAGE'] !== undefined)
      throw new Failure('layer-invalid', { digest: 'sha256:x', why: 'it is hostile' });
    const { rootfs } = storePaths(plan.store, plan.image.digest);
    await mkdir(rootfs.path, { recursive: true });
    return rootfs;
  },
});
process.exit(status);
