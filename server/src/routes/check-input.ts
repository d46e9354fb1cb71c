import { Failure } from '@berth/schema';
import { ROUTES, type Route, type RouteName } from '@berth/schema/rest';
import type * as z from 'zod/mini';

type Of<N extends RouteName> = (typeof ROUTES)[N];
type Params<N extends RouteName> =
  Of<N> extends { params: infer P extends Readonly<Record<string, z.ZodMiniType>> }
    ? { readonly [K in keyof P]: z.infer<P[K]> }
    : unknown;
type Part<N extends RouteName, K extends 'query' | 'body'> =
  Of<N> extends { readonly [k in K]: infer S extends z.ZodMiniType } ? z.infer<S> : undefined;

/** What a request of this route brings, checked. */
export interface Input<N extends RouteName> {
  readonly params: Params<N>;
  readonly query: Part<N, 'query'>;
  readonly body: Part<N, 'body'>;
}

/** What a request brings, as Express decodes it. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** @throws Failure `request-invalid`, which names the place but not the value: that may be a secret */
export const checkInput = <N extends RouteName>(name: N, raw: RawInput): Input<N> =>
  checkRoute(ROUTES[name], raw) as Input<N>;

/** The same for a route of any table: its `params`, `query` and `body`, checked. @throws Failure `request-invalid` */
export function checkRoute(route: Route, raw: RawInput): RawInput {
  const given = (raw.params ?? {}) as Readonly<Record<string, unknown>>;
  const params = Object.fromEntries(
    Object.entries(route.params ?? {}).map(([key, schema]) => [key, check(schema, given[key], key)]),
  );
  const query = route.query && check(route.query, { ...(raw.query ?? {}) }, 'query');
  const body = route.body && check(route.body, raw.body, 'body');
  return { params, query, body };
}

function check(schema: z.ZodMiniType, value: unknown, place: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [place, ...(issue?.path ?? [])].map(String).join('.');
  throw new Failure('request-invalid', { why: `${path}: ${issue ? wordsOf(issue) : 'not valid'}` });
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `a key that is not known`;
  if (issue.code === 'too_big') return `more than ${String(issue.maximum)}`;
  return issue.message;
}
