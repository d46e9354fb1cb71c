/** Milliseconds a kernel has between SIGTERM and SIGKILL. */
export const STOP_GRACE_MS = 1000;
