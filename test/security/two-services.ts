/** The site service twice, with its guards and without some of them; and who asks it. */
import { ALICE, BOB, ensureUsers } from '../cluster/users.ts';
import type { Answer } from './web-request.ts';
import { siteService, type SiteService } from './site-service.ts';
import type { RemovedGuard } from './without-guard.ts';

export const person = (name: string) => ({
  kind: 'user' as const,
  name,
  scopes: ['access:services!service=berth'],
});
const serverOf = (name: string) => ({
  kind: 'user' as const,
  name,
  scopes: [`access:servers!server=${name}/`],
});

export interface TwoServices {
  readonly guarded: SiteService;
  readonly open: SiteService;
  close(): Promise<void>;
}

export async function twoServices(removed: readonly RemovedGuard[]): Promise<TwoServices> {
  await ensureUsers();
  // the one is ended also when the other does not begin
  const begun = await Promise.allSettled([
    siteService({ hub: { perUser: 8 } }),
    siteService({ hub: { perUser: 8 }, removed }),
  ]);
  const services = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.close()));
  };
  const [guarded, open] = services;
  if (guarded === undefined || open === undefined) {
    await close();
    throw begun.find((one) => one.status === 'rejected')?.reason;
  }
  for (const { tokens } of services) {
    tokens.set('alice', person(ALICE));
    tokens.set('bob', person(BOB));
    tokens.set('server-of-alice', serverOf(ALICE));
    tokens.set('server-of-bob', serverOf(BOB));
    tokens.set('no-scope', { kind: 'user', name: ALICE, scopes: ['read:users'] });
    tokens.set('other-service', { kind: 'service', name: 'grafana', scopes: ['access:services'] });
  }
  return { guarded, open, close };
}

export const as = (token: string, more: Readonly<Record<string, string>> = {}) => ({
  ...(token === '' ? {} : { authorization: `token ${token}` }),
  ...more,
});
/** What a job says. */
export const word = (nonce: string, more: object = {}): string =>
  JSON.stringify({ port: 40_000, nonce, ...more });
export const tell = (service: SiteService, token: string, body: string, more = {}): Promise<Answer> =>
  service.web('/v1/callback', {
    method: 'POST',
    headers: as(token, { 'content-type': 'application/json', ...more }),
    body,
  });
