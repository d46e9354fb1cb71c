import { once } from 'node:events';
import { runAgent } from '../../../spawner/src/launch/agent.ts';

// `berth agent` with an image that is there already: run by the fake srun of remote-launch.test.ts
const status = await runAgent({
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  env: process.env,
  uid: process.getuid?.() ?? 0,
  node: 'n1',
  began: performance.timeOrigin,
  onSignal: (receive) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, receive);
  },
  rootfs: async (plan, doing, signal) => {
    if (process.env['SLOW_IMAGE'] !== undefined) {
      doing('fetching the image');
      const { Failure } = await import('@berth/schema');
      if (!signal.aborted) await once(signal, 'abort');
      throw new Failure('cancelled', {});
    }
    if (process.env['BAD_IMAGE'] !== undefined) {
      const { Failure } = await import('@berth/schema');
      throw new Failure('layer-invalid', { digest: 'sha256:x', why: 'it is hostile' });
    }
    return { format: 'directory', digest: plan.image.digest, path: '/' };
  },
});
process.exit(status);
