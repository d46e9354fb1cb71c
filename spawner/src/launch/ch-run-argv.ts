import type { Container, Mount } from '@berth/schema';
import { INNER_CONNECTION_FILE, INNER_DIRECTORY } from './connection-file.ts';

/** Name of the file with the container's environment, beside the kernel's sockets. */
export const ENVIRONMENT_FILE = 'environment';

export interface Place {
  readonly mountPoint: string;
  readonly chRun: string;
}

/** Mounts of every container beside the planned ones: our runtime directory and a /tmp of its own. */
export const ownMounts = (mountPoint: string): readonly Mount[] => [
  { source: `${mountPoint}/run`, target: INNER_DIRECTORY },
  { source: `${mountPoint}/tmp`, target: '/tmp' },
];

/**
 * The kernel's command line as it is run in the place's namespaces: ch-run becomes the kernel, so that process id, signals
 * and status are the kernel's own. ch-run's own squashfs mount is refused because it loses signals and status, `--home`
 * because it hides /home. `--private-tmp`, although our own /tmp is mounted anyway: without it the host's lies below that
 * one (T7).
 */
export function kernelCommand(container: Container, place: Place): string[] {
  return [
    ...[...enterCommand(container.mounts, place), '--cd', container.cwd],
    ...['--unset-env=*', '--env-no-expand', `--set-env=${place.mountPoint}/run/${ENVIRONMENT_FILE}`],
    ...[`${place.mountPoint}/root`, '--'],
    ...container.argv.map((word) => word.replaceAll('{connection_file}', INNER_CONNECTION_FILE)),
  ];
}

/** How any command enters the image; berth-place adds the directory, the environment and the command (run.c). */
export function enterCommand(mounts: readonly Mount[], place: Place): string[] {
  const binds = [...ownMounts(place.mountPoint), ...mounts].flatMap(({ source, target }) => [
    '--bind',
    `${source}:${target}`,
  ]);
  return [place.chRun, '--private-tmp', ...binds];
}

/**
 * ch-run's environment file: one NAME=VALUE a line, one pair of single quotes around the value taken off by ch-run. A
 * value with a line break cannot be written there; it is left out and named.
 */
export function environmentFile(env: Readonly<Record<string, string>>): {
  text: string;
  left: readonly string[];
} {
  const left: string[] = [];
  const lines: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (/[\n\0]/.test(value) || !/^[^\s=\0]+$/.test(name)) left.push(name);
    else lines.push(`${name}='${value}'\n`);
  }
  return { text: lines.join(''), left };
}
