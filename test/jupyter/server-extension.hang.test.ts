/** A user server that is there and says nothing. */
import { afterEach, expect, test } from '@jest/globals';
import { berthInJupyter, type BerthInJupyter } from './berth-in-jupyter.ts';

let berth: BerthInJupyter | undefined;
afterEach(() => berth?.down(), 30_000);

test('a server that hangs and still accepts is not waited for without end; when it goes on, all is well', async () => {
  const soon = { file: 'upstream.py', from: 'ANSWER_SECONDS = 60.0', to: 'ANSWER_SECONDS = 5.0' };
  berth = await berthInJupyter({ removed: [soon] });
  expect((await berth.lab.fetch('berth/v1/status')).status).toBe(200);
  const [{ started: pid } = { started: 0 }] = await berth.starts();
  process.kill(pid, 'SIGSTOP');
  try {
    const late = await berth.lab.fetch('berth/v1/status');
    expect([late.status, await late.json()]).toMatchObject([
      503,
      { detail: "Berth's user server beside Jupyter is not there: it does not answer." },
    ]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect((await berth.lab.fetch('berth/v1/status')).status).toBe(200);
}, 60_000);
