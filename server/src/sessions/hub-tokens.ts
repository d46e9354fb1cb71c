import { Failure } from '@berth/schema';
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';

/** Whose token it is, and what it is good for. */
export interface TokenOwner {
  /** undefined for a service's */
  readonly user: string | undefined;
  readonly scopes: readonly string[];
}

const UserModel = z.object({
  kind: z.string(),
  name: z.string(),
  scopes: z._default(z.readonly(z.array(z.string())), []),
});

export interface HubTokensOptions {
  /** of the Hub's API, `http://127.0.0.1:8081/hub/api` */
  readonly api: string;
  readonly fetch: typeof fetch;
  /** monotonic milliseconds */
  readonly clock: () => number;
}

/** A revoked token is refused after this at the latest; JupyterHub's own helper caches for 300 s (T42). Milliseconds. */
export const TOKEN_LIFE = 15_000;
const PATIENCE = 10_000;
const MOST = 10_000;

/** Whose token this is, as the Hub says. Kept by its hash, for a little while. */
export class HubTokens {
  readonly #options: HubTokensOptions;
  readonly #known = new Map<string, { readonly owner: TokenOwner | undefined; readonly at: number }>();

  constructor(options: HubTokensOptions) {
    this.#options = options;
  }

  /**
   * @param header `Authorization`, e.g. `token 0123...`; a cookie is never looked at (T28)
   * @throws Failure `token-refused`, `hub-unreachable`
   */
  async owner(header: string | undefined): Promise<TokenOwner> {
    const token = /^(?:token|bearer) ([A-Za-z0-9_.~-]{1,512})$/i.exec(header ?? '')?.[1];
    if (token === undefined) throw new Failure('token-refused', {});
    const key = createHash('sha256').update(token).digest('hex');
    const { clock } = this.#options;
    const known = this.#known.get(key);
    if (known !== undefined && clock() - known.at < TOKEN_LIFE) return known.owner ?? refused();
    const owner = await this.#ask(token);
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(key, { owner, at: clock() });
    return owner ?? refused();
  }

  async #ask(token: string): Promise<TokenOwner | undefined> {
    const { api, fetch: get } = this.#options;
    const unreachable = (why: string): never => {
      throw new Failure('hub-unreachable', { why });
    };
    const answer = await get(`${api}/user`, {
      headers: { authorization: `token ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    }).catch((error: unknown) => unreachable(error instanceof Error ? error.message : String(error)));
    if (answer.status === 401 || answer.status === 403) return undefined;
    if (!answer.ok) return unreachable(`it answers with ${answer.status}`);
    const model = UserModel.safeParse(await answer.json().catch(() => undefined));
    if (!model.success) return unreachable('its answer is not in order');
    const { kind, name, scopes } = model.data;
    return { user: kind === 'user' ? name : undefined, scopes };
  }
}

function refused(): never {
  throw new Failure('token-refused', {});
}

/** Whether these scopes let one call this service. */
export const mayUse = ({ scopes }: TokenOwner, service: string): boolean =>
  scopes.some((scope) => scope === 'access:services' || scope === `access:services!service=${service}`);

/** Whether it is a token of this very person's server, or one that stands for it. */
export const isServerOf = ({ user, scopes }: TokenOwner): boolean =>
  user !== undefined &&
  scopes.some(
    (scope) =>
      scope === 'access:servers' ||
      scope === `access:servers!user=${user}` ||
      scope.startsWith(`access:servers!server=${user}/`),
  );
