import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Builds the `berth` command into `dist/` when a source is newer than what is there. */
export async function freshBuild(root: string): Promise<void> {
  const built = await modified(join(root, 'dist/.stamp'));
  if (built > (await newest(root))) return;
  const node = join(root, 'node_modules/.bin/node');
  await run(node, ['--conditions=berth-source', join(root, 'scripts/bundle.ts')], { cwd: root });
}

async function newest(root: string): Promise<number> {
  const folders = ['schema/src', 'spawner/src', 'spawner/native', 'server/src'].map((folder) =>
    join(root, folder),
  );
  const lists = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  const files = [...lists.flat(), join(root, 'scripts/bundle.ts'), join(root, 'scripts/berth.sh')];
  return Math.max(...(await Promise.all(files.map(modified))));
}

const modified = async (path: string): Promise<number> =>
  (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
