import type { Socket } from 'node:net';
import type { Channel } from '@berth/schema';
import type { ClientPorts } from './client-ports.ts';
import { relay, relayEagerly } from './relay.ts';

/** How long a shell connection waits for the iopub one of the same client; some clients never open it. */
const IOPUB_GRACE_MS = 250;

/**
 * Joins each admitted client connection to one that `open` makes towards the kernel. Shell is held back until iopub
 * stands: a client that executes right after the first reply would lose the output otherwise.
 */
export function joinClients(
  ports: ClientPorts,
  open: (channel: Channel) => Promise<Socket>,
  graceMs = IOPUB_GRACE_MS,
): void {
  let iopubJoined = false;
  let tellIopub: () => void = () => undefined;
  const iopub = new Promise<void>((resolve) => (tellIopub = resolve));
  const grace = (): Promise<void> =>
    iopubJoined
      ? Promise.resolve()
      : Promise.race([iopub, new Promise<void>((go) => setTimeout(go, graceMs).unref())]);

  const join = async (channel: Channel, client: Socket): Promise<void> => {
    const kernel = await open(channel);
    if (channel === 'shell' && !client.destroyed) await grace();
    // joined to one that is gone, the other would stay for ever
    if (client.destroyed || kernel.destroyed) {
      client.destroy();
      kernel.destroy();
      return;
    }
    if (channel === 'iopub') {
      relayEagerly(kernel, client);
      // the kernel's greeting has come through: the subscription follows in the same breath
      kernel.once('data', () => {
        iopubJoined = true;
        tellIopub();
      });
    } else relay(kernel, client);
    client.resume();
  };
  ports.serve((channel, client) => {
    join(channel, client).catch(() => client.destroy());
  });
}
