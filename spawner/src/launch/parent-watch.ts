/** Which process started us, and whether it is gone: a bare kernel ends with its Jupyter server, so do we. */
export function watchParent(
  parentPid: () => number,
  declared: string | undefined,
  gone: () => void,
  intervalMs = 400,
): { stop(): void } {
  const first = parentPid();
  const orphaned = (): boolean =>
    parentPid() !== first || (first === 1 && declared !== undefined && declared !== '1');
  const timer = setInterval(() => {
    if (!orphaned()) return;
    clearInterval(timer);
    gone();
  }, intervalMs);
  return { stop: () => clearInterval(timer) };
}
