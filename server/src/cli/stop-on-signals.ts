interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** SIGINT and SIGTERM abort what is being done; a second one ends the process as if we were not here. */
export function stopOnSignals(source: SignalSource): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const dispose = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) source.off(name, stop);
  };
  const stop = (): void => {
    dispose();
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) source.on(name, stop);
  return { signal: controller.signal, dispose };
}
