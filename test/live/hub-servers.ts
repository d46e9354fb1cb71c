/** What the tests ask a Hub about its people's servers. */
import { until } from '../cluster/until.ts';
import type { RealHub } from './real-hub.ts';

export interface Server {
  readonly ready: boolean;
  readonly pending: string | null;
  readonly url: string;
  readonly user_options?: unknown;
}

export interface HubServers {
  /** as any program asks for one, by the REST API */
  readonly start: (user: string, options?: unknown) => Promise<Response>;
  readonly server: (user: string) => Promise<Server | undefined>;
  /** @throws when it is not, with the Hub's log */
  readonly ready: (user: string) => Promise<void>;
  /** The status of what is behind the proxy: 200 when it is this person's own. */
  readonly whoRuns: (user: string) => Promise<string>;
}

/** @param hub the one that is there now */
export function serversOf(hub: () => RealHub): HubServers {
  const server = async (user: string): Promise<Server | undefined> => {
    const model = (await (await hub().api(`/users/${user}`)).json()) as { servers?: Record<string, Server> };
    return model.servers?.[''];
  };
  return {
    server,
    start: async (user, options = {}) => {
      await hub().api(`/users/${user}`, { method: 'POST' });
      return hub().api(`/users/${user}/server`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(options),
      });
    },
    ready: async (user) => {
      if (await until(async () => (await server(user))?.ready === true, 60_000, 200)) return;
      const log = hub().log.replace(/.*GET .hub.api.users.*\n/g, '');
      throw new Error(`${user}'s server is not ready\n${log.slice(-9000)}`);
    },
    whoRuns: async (user) => {
      const made = await hub().api(`/users/${user}/tokens`, { method: 'POST', body: '{}' });
      const { token } = (await made.json()) as { token: string };
      const headers = { authorization: `token ${token}` };
      return `${(await fetch(`${hub().url}user/${user}/api/status`, { headers })).status}`;
    },
  };
}
