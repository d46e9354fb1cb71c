import { basename, dirname, join } from 'node:path';

/**
 * The launcher's last word, kept beside the connection file for the next launcher of the same kernel. The name must not
 * look like `kernel-*.json`, by which clients find kernels.
 */
export const outcomePath = (connectionFile: string): string =>
  join(dirname(connectionFile), `berth-${basename(connectionFile, '.json')}.outcome`);

export const isOutcomeName = (name: string): boolean => /^berth-.*\.outcome$/.test(name);
