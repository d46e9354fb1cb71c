import type { Route } from '@berth/schema/rest';

/** Values for a route's `:name` parts and its query; an absent query value is left out. */
export interface AddressParts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

/**
 * Address of a route below `<base_url>berth`. Every value is encoded as one component, so that none can leave its place.
 * @throws Error if a parameter of the route has no value: a mistake of ours, not of a person
 */
export function addressOf(
  route: Pick<Route, 'path'>,
  { params = {}, query = {} }: AddressParts = {},
): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${route.path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}
