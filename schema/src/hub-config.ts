import * as z from 'zod/mini';
import { about } from './about.ts';
import { DEFAULTS } from './config-defaults.ts';

const D = DEFAULTS.hub;
const ABSOLUTE = /^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\0\n\r:]*$/;
const place = (description: string, fallback: string) =>
  about(
    z._default(z.string().check(z.regex(ABSOLUTE, 'an absolute path')), fallback),
    description,
    'absolute path',
  );
const count = (description: string, fallback: number, least: number, most: number) =>
  about(z._default(z.int().check(z.gte(least), z.lte(most)), fallback), description);

/** What `berth serve --site` needs beside JupyterHub. */
export const HubConfig = z.readonly(
  z.strictObject({
    url: about(
      z._default(
        z
          .url({ protocol: /^https?$/, error: 'must be an address that starts with https:// or http://' })
          .check(z.regex(/^[^@?#]+\/$/, 'an address that ends with "/", without user, "?" and "#"')),
        D.url,
      ),
      "Address of JupyterHub's proxy as nodes and browsers reach it, with the Hub's base URL.",
    ),
    helper: place('What acts for people; it and all above it must be root’s alone.', D.helper),
    sudo: place('The program that becomes a person before it runs the helper.', D.sudo),
    state: place("The service's own records; 0700 and its own.", D.state),
    listen: about(
      z._default(z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address'), D.listen),
      "Address that a person's server listens on, on its node.",
    ),
    leastUid: count('Nothing is done for accounts with a lower number.', D.leastUid, 100, 1_000_000_000),
    perUser: count('Servers of one person that wait or run, at most.', D.perUser, 1, 1000),
    total: count('Servers of all people that wait or run, at most.', D.total, 1, 100_000),
    queryInterval: count(
      'Least seconds between two questions to Slurm, for all people.',
      D.queryInterval,
      5,
      600,
    ),
  }),
);
export type HubConfig = z.infer<typeof HubConfig>;

/** Where user servers read the catalogue instead of looking into the sources themselves. */
export const SharedCatalog = z.readonly(
  z.strictObject({
    directory: about(
      z.string().check(z.regex(ABSOLUTE, 'an absolute path')),
      'Where the site service publishes it.',
      'absolute path',
    ),
    owner: about(
      z.int().check(z.gte(0), z.lte(4_294_967_293)),
      "Number of the site service's account: what belongs to anybody else is not read.",
    ),
  }),
);
export type SharedCatalog = z.infer<typeof SharedCatalog>;

/** A Unix group. */
export const Audience = z.string().check(z.regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a Unix group'));
