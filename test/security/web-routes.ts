import { ROUTES, type Route } from '@berth/schema/rest';

/** A route of the table with its parameters filled in, and a body if it takes one. */
export interface Target {
  readonly name: string;
  readonly method: string;
  /** below `<base_url>berth` */
  readonly path: string;
  readonly changes: boolean;
}

const VALUES: Readonly<Record<string, string>> = {
  ':name': 'lab-climate-python3-0123abcd',
  ':id': '0123456789abcdef',
  ':jobId': '4711',
  ':index': '0',
};

/** Every route, from the table that Express is made from: a new one is attacked by itself. */
export const TARGETS: readonly Target[] = Object.entries<Route>(ROUTES).map(([name, { method, path }]) => ({
  name,
  method: method.toUpperCase(),
  path: path.replace(/:\w+/g, (slot) => VALUES[slot] ?? slot),
  changes: method !== 'get',
}));
