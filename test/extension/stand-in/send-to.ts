import type { Send } from '../../../extension/src/client/send.ts';

/** To a stand-in by real HTTP, without a Jupyter server between. */
export const sendTo =
  ({ url }: { readonly url: string }): Send =>
  (path, init) =>
    fetch(url + path, init);

/** Resolves once `holds` does; looks after every turn of the event loop. */
export async function eventually(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never: ${holds.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
