import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A wire on loopback to a server that can be cut while bytes go over it. */
export interface CuttingProxy {
  readonly host: string;
  /** Of each coming connection so many bytes of one side go through, then it is cut. `count` connections; then none. */
  cutAfter(bytes: number, count: number, side?: 'server' | 'client'): void;
  /** connections that were cut */
  readonly cut: number;
  close(): Promise<void>;
}

export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let plan = { bytes: Infinity, left: 0, side: 'server' };
  let cut = 0;
  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.end());
    forward(client, upstream, 'client');
    forward(upstream, client, 'server');
  });
  function forward(from: Socket, to: Socket, side: string): void {
    let passed = 0;
    from.on('data', (chunk: Buffer) => {
      const cutting = plan.left > 0 && plan.side === side && passed + chunk.length > plan.bytes;
      const part = cutting ? chunk.subarray(0, plan.bytes - passed) : chunk;
      passed += part.length;
      if (cutting) {
        plan = { ...plan, left: plan.left - 1 };
        cut += 1;
        // what has passed arrives, and then nothing more, either way
        to.write(part, () => to.resetAndDestroy());
        from.resetAndDestroy();
      } else if (!to.write(part)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAfter: (bytes, count, side = 'server') => void (plan = { bytes, left: count, side }),
    get cut() {
      return cut;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
