import { createServer, type Server } from 'node:net';

/** The loopback ports of one cluster: one block, claimed as a whole. */
export interface PortBlock {
  readonly slurmctld: number;
  readonly slurmd: readonly number[];
  readonly registry: number;
  readonly srun: readonly [number, number];
  /** The block's spare ports, for daemons that come later (Ceph wants five). */
  readonly spare: readonly number[];
  release(): Promise<void>;
}

const loopback = '127.0.0.1';
// Below Linux' ephemeral range (32768-60999): outgoing connections never take these away from us.
const firstPort = 10_500;
const lastPort = 32_700;
const daemonPorts = 100;
const srunPorts = 1_000;
const blockSize = daemonPorts + srunPorts;
const spareCount = 10;
/** Nodes that fit into a block. */
export const maxNodes = daemonPorts - 3 - spareCount;

/**
 * Claims a block that no other cluster has. The claim is a listening socket on the block's first port, held
 * until release(): it is atomic and goes with the process. A lock file was refused, because a killed process leaves it.
 */
export async function claimPorts(nodes: number): Promise<PortBlock> {
  const blocks = Math.floor((lastPort - firstPort) / blockSize);
  const start = Math.floor(Math.random() * blocks);
  for (let i = 0; i < blocks; i++) {
    const base = firstPort + ((start + i) % blocks) * blockSize;
    const claim = await listen(base);
    if (claim === null) continue;
    const block = layOut(base, nodes, () => close(claim));
    if (await allFree([block.slurmctld, block.registry, ...block.spare, ...block.slurmd])) return block;
    await close(claim);
  }
  throw new Error(`no free block of ${blockSize} ports between ${firstPort} and ${lastPort}`);
}

function layOut(base: number, nodes: number, release: () => Promise<void>): PortBlock {
  const count = (from: number, n: number): number[] => Array.from({ length: n }, (_, i) => from + i);
  return {
    slurmctld: base + 1,
    registry: base + 2,
    spare: count(base + 3, spareCount),
    slurmd: count(base + 3 + spareCount, nodes),
    srun: [base + daemonPorts, base + blockSize - 1],
    release,
  };
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    const server = await listen(port);
    if (server === null) return false;
    await close(server);
  }
  return true;
}

/** Really binds; null when something else has the port. */
function listen(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ host: loopback, port, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
