import { Failure, isFailure, Repository, Tag, type Limits, type RegistrySource } from '@berth/schema';
import * as z from 'zod/mini';
import { bodyOf } from './body-of.ts';
import { demandRegistry, isSigned } from './demand-registry.ts';
import { jsonDepth } from './json-depth.ts';
import { nextLink } from './link-header.ts';
import { namePattern } from './name-pattern.ts';
import { readBounded } from './read-bounded.ts';
import type { RegistryClient } from './registry-client.ts';

// null where a registry holds none; a page without the key is that of something else, and lists nothing
const CatalogPage = z.object({ repositories: z.nullable(z.array(z.string())) });
const TagPage = z.union([
  z.object({ tags: z.nullable(z.array(z.string())) }),
  z.object({ name: z.string(), tags: z.optional(z.undefined()) }),
]);
/** The distribution registry refuses more than 1000. */
const PAGE = 1000;
/** Tag lists that are asked for ahead, so that a far registry is not waited for once a repository. */
const AHEAD = 8;

export interface ListingDeps {
  readonly client: RegistryClient;
  readonly config: RegistrySource;
  readonly limits: Pick<Limits, 'listPages' | 'listNames' | 'manifestBytes' | 'jsonDepth'>;
  readonly onNotice: OnNotice;
}

/**
 * Told what was left out and why. `incomplete` when names that the registry may well have are missing from the list: then
 * nobody may conclude that an image is gone.
 */
export type OnNotice = (text: string, incomplete: boolean) => void;

/** Whether anything came that only a registry says; without it a 404 or a refusal proves nothing. */
interface Proof {
  proven: boolean;
  doubted: boolean;
  /** of the configured tags those that a repository has */
  readonly tags: Set<string>;
}

type Listing = ListingDeps & { readonly proof: Proof };

interface Offered {
  readonly repository: Repository;
  readonly tag: Tag;
}

/** All offered images of a registry in the order it lists them, each once. Bounded; what is cut off is noticed. */
export async function* listTags(given: ListingDeps, signal?: AbortSignal): AsyncGenerator<Offered, void> {
  const deps: Listing = { ...given, proof: { proven: false, doubted: false, tags: new Set() } };
  const repositories = await offeredRepositories(deps, signal);
  const pending: Promise<readonly Offered[]>[] = [];
  let names = 0;
  for (let at = 0; at < repositories.length; at += 1) {
    while (pending.length < AHEAD && at + pending.length < repositories.length) {
      const listing = tagsOf(deps, repositories[at + pending.length] as Repository, signal);
      // its failure is met when its turn comes; until then it must not count as unhandled
      listing.catch(() => undefined);
      pending.push(listing);
    }
    for (const offered of (await pending.shift()) ?? []) {
      names += 1;
      if (names > deps.limits.listNames)
        return deps.onNotice(truncated('image', deps.limits.listNames), true);
      yield offered;
    }
  }
  // a proxy may pass repositories on and not the front door: what lists one is a registry, whatever it says there
  if (deps.proof.doubted && !deps.proof.proven) await demandRegistry(deps.client, signal);
  for (const tag of repositories.length > 0 ? (deps.config.tags ?? []) : [])
    if (!deps.proof.tags.has(tag)) deps.onNotice(`no repository that is offered has the tag "${tag}"`, false);
}

async function offeredRepositories(deps: Listing, signal?: AbortSignal): Promise<readonly Repository[]> {
  const configured = deps.config.repositories;
  const literal = (configured ?? []).filter((name) => !name.includes('*'));
  const known = literal.flatMap((name) => Repository.safeParse(name).data ?? []);
  const patterns = (configured?.length ?? 0) > literal.length;
  if (deps.config.catalog === 'list' || (configured !== undefined && !patterns)) {
    if (patterns)
      deps.onNotice('patterns among the repositories need "catalog: auto": they were passed over', true);
    return [...new Set(known)];
  }
  const offered = namePattern(configured ?? ['*']);
  try {
    const listed = await namesOf(deps, `/v2/_catalog?n=${PAGE}`, 'registry:catalog:*', CATALOG, signal);
    if (listed === undefined) {
      throw new Failure('source-unlisted', { url: deps.client.http.base.origin });
    }
    const all = validNames(deps, listed, Repository);
    const valid = all.filter((name) => offered(name));
    for (const pattern of configured ?? []) {
      const fits = namePattern([pattern]);
      if (pattern.includes('*') && !all.some((name) => fits(name)))
        deps.onNotice(`nothing fits "${pattern}" (the registry lists ${counted(all.length)})`, false);
    }
    return [...new Set([...known, ...valid])];
  } catch (error) {
    // public registries do not list everything; what is named in the configuration is there all the same
    const shut = isFailure(error, 'source-denied') || isFailure(error, 'source-unlisted');
    if (shut && known.length === 0 && !deps.proof.proven) await demandRegistry(deps.client, signal);
    if (known.length === 0 || !shut) throw error;
    deps.proof.doubted = true;
    deps.onNotice(
      `the registry does not list its repositories (${error.message}): only those named are offered`,
      true,
    );
    return known;
  }
}

async function tagsOf(
  deps: Listing,
  repository: Repository,
  signal?: AbortSignal,
): Promise<readonly Offered[]> {
  const { config } = deps;
  const path = `/v2/${repository}/tags/list?n=${PAGE}`;
  let names: readonly string[] | undefined;
  try {
    names = await namesOf(deps, path, `repository:${repository}:pull`, TAGS, signal);
  } catch (error) {
    // a catalog lists repositories that are closed to us: one of them must not close the others
    if (!isFailure(error, 'source-denied')) throw error;
    deps.proof.doubted = true;
    deps.onNotice(`${repository} was passed over: ${error.message}`, true);
    return [];
  }
  // deleted repositories stay in the catalog
  if (names === undefined) {
    if (config.repositories?.includes(repository) === true)
      deps.onNotice(`there is no repository "${repository}"`, false);
    return [];
  }
  const wanted = config.tags === undefined ? undefined : new Set<string>(config.tags);
  const tags = [...new Set(validNames(deps, names, Tag))].filter((tag) => wanted?.has(tag) ?? true);
  for (const tag of tags) if (wanted?.has(tag) === true) deps.proof.tags.add(tag);
  if (tags.length > config.maxTags) deps.onNotice(`${repository}: ${truncated('tag', config.maxTags)}`, true);
  return tags.slice(0, config.maxTags).map((tag) => ({ repository, tag }));
}

type PageNames = (json: unknown) => readonly string[] | undefined;
const CATALOG: PageNames = (json) => namesIn(CatalogPage.safeParse(json), ({ repositories }) => repositories);
const TAGS: PageNames = (json) => namesIn(TagPage.safeParse(json), ({ tags }) => tags ?? null);

const namesIn = <T>(
  page: { readonly success: boolean; readonly data?: T | undefined },
  names: (data: T) => readonly string[] | null,
): readonly string[] | undefined => (page.data === undefined ? undefined : (names(page.data) ?? []));

/** All names of a paged list, or undefined when there is no such list. */
async function namesOf(
  deps: Listing,
  start: string,
  scope: string,
  pick: PageNames,
  signal?: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { client, limits, onNotice, proof } = deps;
  const names: string[] = [];
  const seen = new Set<string>();
  for (let path: string | undefined = start; path !== undefined;) {
    if (seen.size >= limits.listPages || names.length >= limits.listNames) {
      onNotice(truncated('page', limits.listPages), true);
      return names.slice(0, limits.listNames);
    }
    seen.add(path);
    const answer = await client.send({ method: 'GET', path, scope, what: 'its list of names', signal });
    if (isSigned(answer)) proof.proven = true;
    if (answer.statusCode === 404) {
      answer.destroy();
      proof.doubted = true;
      if (seen.size === 1) return undefined;
      onNotice('a page in the middle of a list is missing', true);
      break;
    }
    names.push(...(await pageNames(deps, bodyOf(client.http, answer, signal), pick, signal)));
    path = followed(client, path, nextLink(headerText(answer.headers.link)), seen);
  }
  // a registry that gives all at once, unasked
  if (names.length > limits.listNames) onNotice(truncated('name', limits.listNames), true);
  return names.slice(0, limits.listNames);
}

/** What is no page of a list is a fault of the registry's, or of taking something else for one. */
async function pageNames(
  deps: Listing,
  body: AsyncIterable<Uint8Array>,
  pick: PageNames,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { client, proof } = deps;
  const json = await readJson(deps, body);
  const names = json === undefined ? undefined : pick(json);
  if (names === undefined) {
    if (!proof.proven) await demandRegistry(client, signal);
    throw client.protocol(json === undefined ? 'a list that is not JSON' : 'a list of another form');
  }
  proof.proven = true;
  return names;
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

/** The next page: same origin only, and never one that was there before (T19). */
function followed(
  client: RegistryClient,
  from: string,
  link: string | undefined,
  seen: ReadonlySet<string>,
): string | undefined {
  if (link === undefined) return undefined;
  const here = new URL(from, client.http.base);
  const next = URL.parse(link, here.href);
  if (next === null) throw client.protocol('a Link header that is not an address');
  if (next.origin !== here.origin)
    throw client.http.forbidden(next, 'the next page of a list is on another host');
  const path = next.pathname + next.search;
  if (seen.has(path)) throw client.protocol('a list whose pages go in a circle');
  return path;
}

/** undefined when it is none */
async function readJson(deps: ListingDeps, body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const { limits } = deps;
  const text = (await readBounded(body, limits.manifestBytes, 'a page of a list')).toString('utf8');
  if (jsonDepth(text) > limits.jsonDepth) {
    throw new Failure('limit-exceeded', {
      what: 'the nesting of a list',
      limit: limits.jsonDepth,
      key: 'jsonDepth',
    });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** One rotten name is passed over; the others stay. */
function validNames<T>(deps: ListingDeps, names: readonly string[], schema: z.ZodMiniType<T>): readonly T[] {
  const valid = names.flatMap((name) => schema.safeParse(name).data ?? []);
  if (valid.length < names.length)
    deps.onNotice(`${names.length - valid.length} malformed names were passed over`, false);
  return valid;
}

const counted = (repositories: number): string =>
  repositories === 1 ? '1 repository' : `${repositories} repositories`;
const truncated = (what: string, limit: number): string => `list truncated at ${limit} ${what}s`;
