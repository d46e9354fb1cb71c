import { createHash } from 'node:crypto';

const LENGTH = 64;

/**
 * Id of a kernel in its image: a pure function of where it stands, so that it survives rebuilds and new neighbours. The
 * system's own (`/usr`) goes by its name alone, any other has its place behind: `python3`, `python3-opt-env`. What cannot be
 * said in the id's alphabet or length is told apart by a hash.
 */
export function kernelId(name: string, place: string): string {
  const where = place === '/usr' ? '' : `-${place.slice(1).replaceAll('/', '-')}`;
  const plain = `${name}${where}`;
  // a "-" in a directory's name would read as the "/" between two
  const exact = /^[a-z0-9][a-z0-9._-]*$/.test(plain) && plain.length <= LENGTH && !place.includes('-');
  if (exact) return plain;
  const hash = createHash('sha256')
    .update(JSON.stringify([name, place]))
    .digest('hex')
    .slice(0, 8);
  const slug = plain
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return `${slug.slice(0, LENGTH - 9) || 'kernel'}-${hash}`;
}
