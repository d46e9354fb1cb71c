import type { ContainerConfig, ImageConfig, Kernel } from '@berth/schema';

/** Who runs the kernel, as the operating system says. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly shell: string;
}

/** Slurm's commands, before any that an image has of its own: those could reach no controller. */
const SLURM_COMMANDS = '/run/berth/bin';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Never taken from anywhere: they belong to the process that started us, or would lead Slurm's tools astray. */
const DROPPED = /^(?:JPY_|SLURM_JWT$|SLURM_CONF$|MUNGE_)/;

/**
 * The environment inside, built from nothing: the image's, the person's, what the client passes by the site's list,
 * the site's own, the kernel's. The step's SLURM_* are added on the node (kernel.c). Later ones win.
 */
export function containerEnvironment(
  image: ImageConfig,
  kernel: Pick<Kernel, 'env'>,
  site: ContainerConfig,
  person: Person,
  client: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = Object.fromEntries(
    site.passEnv.flatMap((name) => {
      const value = client[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const env = {
    PATH: DEFAULT_PATH,
    LANG: 'C.UTF-8',
    ...image.env,
    HOME: person.home,
    USER: person.name,
    LOGNAME: person.name,
    ...passed,
    ...site.env,
    ...kernel.env,
  };
  const all = { ...env, PATH: `${SLURM_COMMANDS}:${env.PATH}` };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !DROPPED.test(name)));
}

/** Which variables of that environment are as the client has them: what it lacks is the image's, though the site lists it. */
export const passedNames = (
  kernel: Pick<Kernel, 'env'>,
  site: ContainerConfig,
  client: Readonly<Record<string, string | undefined>>,
): readonly string[] =>
  site.passEnv.filter(
    (name) =>
      client[name] !== undefined && !(name in site.env) && !(name in kernel.env) && !DROPPED.test(name),
  );
