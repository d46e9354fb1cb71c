import { Failure } from '@berth/schema';
import { commandRunner, type RunCommand } from '@berth/spawner/slurm';
import { loadConfig, type ConfigPlace, type LoadedConfig } from './config-file.ts';
import { present } from './present-variables.ts';

/** A directory of accounts answers within this. Milliseconds. */
const PATIENCE = 10_000;

/** @throws Failure `config-missing`, `config-invalid`, `group-unknown` */
export const loadOwnConfig = async (
  place: ConfigPlace,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig> =>
  ownSources(await loadConfig(place), {
    run: commandRunner(present(env), PATIENCE),
    // the kernel's own list, as for files: it needs no directory of accounts
    groups: new Set([process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])]),
  });

export interface OwnGroups {
  /** asked only where a source has an audience */
  readonly run: RunCommand;
  /** gids of this process */
  readonly groups: ReadonlySet<number>;
}

/**
 * The configuration as the caller has it: a source for a group that they are not in is one that is not there, in lists, gallery
 * and scan alike (T27). It hides names and contents; what may be fetched, the registry decides by whom it knows.
 * @throws Failure `group-unknown` while it cannot be told: a source taken for gone would take its kernelspecs along
 */
export async function ownSources(loaded: LoadedConfig, own: OwnGroups): Promise<LoadedConfig> {
  const { config } = loaded;
  const sources = Object.entries(config.sources);
  const audiences = new Set(sources.flatMap(([, { audience }]) => audience ?? []));
  if (audiences.size === 0) return loaded;
  const mine = new Set<string>();
  for (const group of audiences) if (await isOwn(group, own)) mine.add(group);
  const kept = sources.filter(([, { audience }]) => audience === undefined || mine.has(audience));
  return { ...loaded, config: { ...config, sources: Object.fromEntries(kept) } };
}

async function isOwn(group: string, { run, groups }: OwnGroups): Promise<boolean> {
  try {
    const { status, stdout } = await run(['/usr/bin/getent', 'group', group]);
    const [name, , gid = ''] = stdout.trim().split(':');
    if (status === 0 && name === group && /^[0-9]{1,10}$/.test(gid)) return groups.has(Number(gid));
    // its 2 is "there is none"; it says the same where the directory of accounts is away, and only then own gids have no names
    if (status === 0 || status === 2) {
      const own = await run(['/usr/bin/id', '-Gnz']);
      if (own.status !== null && own.stdout.split('\0').includes(group)) return true;
      if (own.status === 0) return false;
    }
  } catch (error) {
    throw unknown(group, error);
  }
  throw unknown(group);
}

/** A failure of the moment: what was known before it stays in force, and it is asked again. */
function unknown(group: string, why?: unknown): Failure {
  const cause = Object.assign(new Error('the directory of accounts does not answer', { cause: why }), {
    code: 'EAGAIN',
    errno: -11,
  });
  return new Failure('group-unknown', { group }, { cause });
}
