import { isThere, starter, watchStarter } from '../demo/starter-watch.ts';

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * For a benchmark that has more running than its own process: `clean` is awaited when a signal ends it, or who started it is gone;
 * then the process ends.
 * @returns what takes this back, when the benchmark has ended and cleaned up by itself
 */
export function endedEarly(clean: () => Promise<void>): () => void {
  let ending: Promise<void> | undefined;
  const end = (why: string, status: number): void => {
    // more of them change nothing: cleaning up is under way
    ending ??= (async () => {
      console.error(`${why}: cleaning up`);
      await clean().catch((error: unknown) => console.error(error));
      process.exit(status);
    })();
  };
  const listeners = Object.entries(SIGNALS).map(
    ([name, number]) => [name, () => end(name, 128 + number)] as const,
  );
  for (const [name, listener] of listeners) process.on(name, listener);
  const started = starter();
  const watch = watchStarter(
    () => end('who started it is gone', 129),
    () => isThere(started),
  );
  return () => {
    watch.stop();
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}
