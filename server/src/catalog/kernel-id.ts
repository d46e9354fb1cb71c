import { createHash } from 'node:crypto';

const LENGTH = 64;
/** Digits of the hash, and what ends in one. */
const HASH = 16;
const HASHED = /-[0-9a-f]{16}$/;

/**
 * So that an id can be read in one way only, as a name and a place: the first "-" with a letter behind it is where the place
 * begins (`julia-1.10` is a name alone), and each further one is a "/".
 */
const ONE_READING = /^[a-z0-9](?:[a-z0-9._]|-(?![a-z]))*$/;
const EXACT_PLACE = /^\/[a-z][a-z0-9._]*(?:\/[a-z0-9._]+)*$/;

/**
 * Id of a kernel in its image: a pure function of where it stands, so that it survives rebuilds and new neighbours. The
 * system's own (`/usr`) goes by its name alone, any other has its place behind: `python3`, `python3-opt-env`. What cannot be
 * said in the id's alphabet or length is told apart by a hash.
 */
export function kernelId(name: string, place: string): string {
  const where = place === '/usr' ? '' : `-${place.slice(1).replaceAll('/', '-')}`;
  const plain = `${name}${where}`;
  const exact = ONE_READING.test(name) && EXACT_PLACE.test(place) && !HASHED.test(plain);
  if (exact && plain.length <= LENGTH) return plain;
  const hash = createHash('sha256')
    .update(JSON.stringify([name, place]))
    .digest('hex')
    .slice(0, HASH);
  const slug = plain
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return `${slug.slice(0, LENGTH - HASH - 1) || 'kernel'}-${hash}`;
}
