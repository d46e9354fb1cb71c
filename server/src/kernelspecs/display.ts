import type { Kernel } from '@berth/schema';
import type { SpecIdentity } from './names.ts';

/** A kernel that wants a name for people. */
export interface Named extends SpecIdentity {
  /** e.g. `Python 3.11` */
  readonly title: string;
}

const GENERIC_PYTHON = /^python(?: ?[23](?:\.[0-9]+)*)?(?: \(ipykernel\))?$/i;
const minor = (version: string): string => version.split('.').slice(0, 2).join('.');

/** What the kernel is: the image's own name for it, unless that says only "Python 3" and we know which. */
export function kernelTitle({ displayName, language, interpreter }: Kernel): string {
  const version = interpreter?.version;
  if (version === undefined) return displayName;
  if (/^python$/i.test(language) && GENERIC_PYTHON.test(displayName)) return `Python ${minor(version)}`;
  if (/^r$/i.test(displayName)) return `R ${minor(version)}`;
  return displayName;
}

/**
 * Names for people, each as short as its neighbours allow: `Python 3.11 · climate 2026.2`. Where two would read the same,
 * both grow: by one more part of the repository's path at a time, then by the source, then by the kernel's id in the image.
 * The tag is left out only where it says nothing: "latest", alone in its repository. Compared without case; pure.
 */
export function displayNames(all: readonly Named[]): readonly string[] {
  const tags = new Map<string, Set<string>>();
  for (const { source, repository, tag } of all) {
    const key = `${source}/${repository}`;
    tags.set(key, (tags.get(key) ?? new Set()).add(tag));
  }
  const soleLatest = ({ source, repository, tag }: Named): boolean =>
    tag === 'latest' && tags.get(`${source}/${repository}`)?.size === 1;
  const levels = all.map(() => 0);
  const most = Math.max(0, ...all.map(({ repository }) => repository.split('/').length + 1));
  let names: string[] = [];
  for (let round = 0; round <= most; round += 1) {
    names = all.map((one, at) => nameAt(one, levels[at] ?? 0, !soleLatest(one)));
    const count = new Map<string, number>();
    for (const name of names) count.set(name.toLowerCase(), (count.get(name.toLowerCase()) ?? 0) + 1);
    const clashing = names.map((name) => (count.get(name.toLowerCase()) ?? 0) > 1);
    if (!clashing.includes(true)) break;
    clashing.forEach((clash, at) => {
      if (clash) levels[at] = (levels[at] ?? 0) + 1;
    });
  }
  return names;
}

function nameAt(
  { title, source, repository, tag, kernelId }: Named,
  level: number,
  withTag: boolean,
): string {
  const parts = repository.split('/');
  const path = parts.slice(-(level + 1)).join('/');
  const where = level >= parts.length ? `${source}/${repository}` : path;
  const which = level > parts.length ? ` [${kernelId}]` : '';
  return `${title} · ${where}${withTag ? ` ${tag}` : ''}${which}`;
}
