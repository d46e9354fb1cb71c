import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

/** Lab's state database, in memory. */
export function memoryState(): IStateDB {
  const values = new Map<string, ReadonlyPartialJSONValue>();
  return {
    fetch: (id) => Promise.resolve(values.get(id)),
    list: () => Promise.resolve({ ids: [], values: [] }),
    save: (id, value) => Promise.resolve(void values.set(id, value)),
    remove: (id) => Promise.resolve(void values.delete(id)),
    toJSON: () => Promise.resolve({}),
  };
}
