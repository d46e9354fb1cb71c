import type { Kernel } from '@berth/schema';

/** Whose content is the image's: a mount there, or anywhere below, would take programs or libraries away from it. */
const SYSTEM = /^\/(?:bin|boot|dev|etc|lib(?:32|64|x32)?|proc|run|sbin|sys|usr)(?:\/|$)/;

/** Directories of the image as well, but places below them are people's too; `/tmp` is each kernel's own (T7). */
const SHARED: readonly string[] = ['/', '/home', '/opt', '/tmp', '/var', '/var/lib', '/var/tmp'];

export const isWithin = (path: string, directory: string): boolean =>
  path === directory || directory === '/' || path.startsWith(`${directory}/`);

/**
 * Whether the client's current directory may be mounted into the container at its own path: not where that hides the
 * image's content. What lies in a mount that is made anyway is always fine.
 */
export function canWorkIn(cwd: string, mounted: readonly string[], kernel: Kernel): boolean {
  if (mounted.some((target) => isWithin(cwd, target))) return true;
  if (SYSTEM.test(cwd) || SHARED.includes(cwd)) return false;
  const program = kernel.argv[0] ?? '';
  return !isWithin(program, cwd) && !isWithin(kernel.prefix, cwd) && !isBelowPrefix(cwd, kernel.prefix);
}

/** `/usr` and the root are prefixes of the system's own Python and say nothing of what is below them. */
const isBelowPrefix = (cwd: string, prefix: string): boolean =>
  prefix.startsWith('/') && prefix !== '/' && isWithin(cwd, prefix);
