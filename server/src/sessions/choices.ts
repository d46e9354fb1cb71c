import { Failure, HubOptions, Resources, type Config } from '@berth/schema';
import type { Nodes } from '@berth/spawner/slurm';
import type { Account } from './account.ts';
import { formHtml } from './form.ts';
import type { OfferedKernel } from './offered-kernel.ts';

export interface ChoicesOptions {
  readonly config: () => Promise<Config>;
  readonly kernels: () => Promise<readonly OfferedKernel[]>;
  /** undefined while Slurm does not answer: the form is shown all the same */
  readonly nodes: () => Promise<Nodes | undefined>;
}

/** What people may choose, and whether they may have what came. The same check whatever way it came (T37). */
export class Choices {
  readonly #options: ChoicesOptions;

  constructor(options: ChoicesOptions) {
    this.#options = options;
  }

  /** @throws Failure `hub-options-refused`, `accounts-unreachable` */
  async choose(account: Account, given: unknown): Promise<{ options: HubOptions; resources: Resources }> {
    const parsed = HubOptions.safeParse(given ?? {});
    if (!parsed.success) refuse(wordsOf(parsed.error.issues[0]));
    const options: HubOptions = parsed.data ?? {};
    const { profiles, defaultProfile } = await this.#options.config();
    const name = options.profile ?? defaultProfile;
    const profile = name !== undefined && Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    // the name that was typed is not said again: it came from anywhere
    if (options.profile !== undefined && profile === undefined) refuse('there is no such profile');
    if (options.image !== undefined) {
      const visible = await this.#visible(account);
      if (!visible.some((kernel) => kernel.name === options.image)) refuseImage(account);
    }
    return { options, resources: profile?.resources ?? Resources.parse({}) };
  }

  async form(account: Account): Promise<string> {
    const [config, nodes, kernels] = await Promise.all([
      this.#options.config(),
      this.#options.nodes(),
      this.#visible(account),
    ]);
    return formHtml({
      profiles: Object.entries(config.profiles).map(([name, profile]) => ({ name, profile })),
      standard: config.defaultProfile,
      kernels,
      nodes,
    });
  }

  async #visible({ groups }: Account): Promise<readonly OfferedKernel[]> {
    const kernels = await this.#options.kernels();
    return kernels.filter(({ audience }) => audience === undefined || groups.includes(audience));
  }
}

/** Of somebody else's image the same words as of none (T27). */
function refuseImage({ hasNameless = false }: Account): never {
  // it may be the image's: a refusal would be the last word, and would make the Hub forget what this person has chosen
  if (hasNameless) throw new Failure('accounts-unreachable', { why: 'one of their groups has no name' });
  refuse('there is no such image');
}

function refuse(why: string): never {
  throw new Failure('hub-options-refused', { why });
}

function wordsOf(
  issue:
    { readonly code?: string; readonly message: string; readonly path: readonly PropertyKey[] } | undefined,
): string {
  if (issue?.code === 'unrecognized_keys') return 'it has a key that is not known';
  const place = issue?.path.map(String).join('.') ?? '';
  return `${place === '' ? 'it' : place} is not in order`;
}
