import type { Nodes } from '@berth/spawner/slurm';

export interface NodeRecord {
  /** not older than this many milliseconds, if Slurm answers; else the last known, or undefined */
  current(age: number): Promise<Nodes | undefined>;
  /** of a node; asked anew when it is not known, or was long ago; undefined when Slurm does not answer then */
  addressOf(node: string): Promise<string | undefined>;
}

/** Milliseconds. */
const ADDRESS_AGE = 60_000;

/** What Slurm says of nodes and partitions, asked once for all who want to know. */
export function nodeRecord(ask: () => Promise<Nodes>, clock: () => number): NodeRecord {
  let known: Nodes | undefined;
  let at = -Infinity;
  let asking: Promise<void> | undefined;
  const refresh = (): Promise<void> =>
    (asking ??= ask()
      .then(
        (nodes) => {
          known = nodes;
          at = clock();
        },
        () => undefined,
      )
      .finally(() => (asking = undefined)));
  return {
    current: async (age) => {
      if (clock() - at > age) await refresh();
      return clock() - at > Math.max(age, 60_000) ? undefined : known;
    },
    addressOf: async (node) => {
      // one that has come back under another address is somebody else's at the old one
      if (known?.addresses.get(node) === undefined || clock() - at > ADDRESS_AGE) await refresh();
      return clock() - at > ADDRESS_AGE ? undefined : known?.addresses.get(node);
    },
  };
}
