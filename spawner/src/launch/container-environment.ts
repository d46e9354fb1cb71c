import type { ContainerConfig, ImageConfig, Kernel } from '@berth/schema';

/** Who runs the kernel, as the operating system says. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly shell: string;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Never taken from anywhere: they belong to the process that started us, or would lead Slurm's tools astray. */
const DROPPED = /^(?:JPY_|SLURM_JWT$|SLURM_CONF$|MUNGE_)/;

/**
 * The environment inside, built from nothing: the image's, the person's, what the client passes by the site's list,
 * the site's own, the kernel's. The step's SLURM_* are added on the node (kernel.c). Later ones win.
 */
export function containerEnvironment(
  image: ImageConfig,
  kernel: Kernel,
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
  return Object.fromEntries(Object.entries(env).filter(([name]) => !DROPPED.test(name)));
}
