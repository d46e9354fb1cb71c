/** The version of `berth.json` that this code writes and reads; another one is refused with "sync again". */
export const LAUNCH_RECORD_VERSION = 1;

/** Marks a kernelspec directory as ours; a directory without it is never touched. */
export const BERTH_FILE = 'berth.json';
