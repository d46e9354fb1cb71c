import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { claimPorts, type PortBlock } from './ports.ts';

const all = (block: PortBlock): number[] => [
  block.slurmctld,
  block.registry,
  ...block.slurmd,
  ...block.spare,
  block.srun[0],
  block.srun[1],
];

test('a block has distinct ports, a thousand of them for srun, below the ephemeral ones', async () => {
  const block = await claimPorts(3);
  try {
    expect(new Set(all(block)).size).toBe(all(block).length);
    expect(block.slurmd).toHaveLength(3);
    expect(block.srun[1] - block.srun[0] + 1).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...all(block))).toBeLessThan(32_768);
  } finally {
    await block.release();
  }
});

test('blocks claimed side by side do not overlap', async () => {
  const blocks = await Promise.all([1, 2, 3, 4].map(() => claimPorts(2)));
  try {
    const ranges = blocks.map((b) => [b.slurmctld, b.srun[1]] as const).sort((a, b) => a[0] - b[0]);
    ranges.slice(1).forEach(([low], i) => expect(low).toBeGreaterThan(ranges[i]?.[1] ?? Infinity));
  } finally {
    await Promise.all(blocks.map((block) => block.release()));
  }
});

test('a released block can be bound again', async () => {
  const block = await claimPorts(1);
  await block.release();
  const server = createServer().listen(block.slurmctld - 1, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

test('a block of which something else has a spare port is passed over', async () => {
  const chance = jest.spyOn(Math, 'random').mockReturnValue(0.5);
  const stranger = createServer();
  try {
    const first = await claimPorts(1);
    await once(stranger.listen(first.spare.at(-1), '127.0.0.1'), 'listening');
    await first.release();
    const next = await claimPorts(1);
    await next.release();
    expect(next.slurmctld).not.toBe(first.slurmctld);
  } finally {
    chance.mockRestore();
    stranger.close();
  }
});
