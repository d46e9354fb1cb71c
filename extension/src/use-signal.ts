import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';
import type { Ticker } from './model/ticker.ts';

/** Draw again whenever one of these signals is emitted. The signals must stay the same ones. */
export function useSignals(...signals: readonly ISignal<unknown, unknown>[]): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const listener = (): void => draw();
    for (const signal of signals) signal.connect(listener);
    return () => {
      for (const signal of signals) signal.disconnect(listener);
    };
    // no dependencies: the signals belong to objects that live as long as the view
  }, []);
}

/** Draw again each second, while `counting`. */
export function useTicker(ticker: Ticker, counting: boolean): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => (counting ? ticker.listen(draw) : undefined), [ticker, counting]);
}
