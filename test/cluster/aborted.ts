/** Waits, and keeps the process: signal handlers alone do not. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const keep = setInterval(() => undefined, 2 ** 30);
    const finish = (): void => {
      clearInterval(keep);
      resolve();
    };
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
}
