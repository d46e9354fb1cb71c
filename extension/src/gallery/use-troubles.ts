import type { Troubles } from '@berth/schema/rest';
import { useEffect, useState } from 'react';
import { asProblem, type ServerProblem } from '../client/server-problem.ts';
import type { StoreChange } from '../model/store.ts';
import type { Session } from '../session.ts';

/** What is wrong with sources and images, as it was read last, and why it could not be read. */
export interface ToldTroubles {
  /** undefined until it was read */
  readonly troubles: Troubles | undefined;
  readonly problem: ServerProblem | undefined;
}

/** Read at once, and anew when the catalogue has changed or a look into the sources is over. */
export function useTroubles({ client, store }: Session): ToldTroubles {
  const [troubles, setTroubles] = useState<Troubles>();
  const [problem, setProblem] = useState<ServerProblem>();
  useEffect(() => {
    let wanted = true;
    const read = (): void => {
      client.call('troubles').then(
        (answer) => {
          if (!wanted) return;
          setTroubles(answer);
          setProblem(undefined);
        },
        (error: unknown) => wanted && setProblem(asProblem(error)),
      );
    };
    // a source may fall silent without any kernel being lost
    const listener = (_: unknown, { of }: StoreChange): void => {
      if (of === 'kernels' || (of === 'scan' && store.scan?.state !== 'running')) read();
    };
    read();
    store.changed.connect(listener);
    return () => {
      wanted = false;
      store.changed.disconnect(listener);
    };
  }, [client, store]);
  return { troubles, problem };
}
