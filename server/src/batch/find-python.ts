import { Failure } from '@berth/schema';
import type { RunCommand } from '@berth/spawner/slurm';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

/**
 * Ends with 0 where papermill can be imported; does not import it, which takes a second. A directory of that name is none, nor is what
 * lies in the current one.
 */
const PROBE = [
  'import importlib.util, sys',
  'sys.path = [place for place in sys.path if place]',
  'found = importlib.util.find_spec("papermill")',
  'sys.exit(found is None or found.origin is None)',
].join('; ');

/**
 * The Python that runs notebooks on a node: that of Berth's own prefix, where the wheel brings papermill; else the first on PATH that
 * has it. The same path on the nodes, as `berth` itself.
 * @param berth absolute path of the command
 * @throws Failure `papermill-missing`
 */
export async function findPython(run: RunCommand, berth: string, path: string | undefined): Promise<string> {
  const places = [dirname(berth), ...(path ?? '').split(delimiter).filter(isAbsolute)];
  const candidates = [...new Set(places)].map((place) => join(place, 'python3'));
  for (const python of candidates) {
    const probe = await run([python, '-c', PROBE]).catch(() => undefined);
    if (probe?.status === 0) return python;
  }
  throw new Failure('papermill-missing', { places: candidates.slice(0, 5).join(', ') });
}
