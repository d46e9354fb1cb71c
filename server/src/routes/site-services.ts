import type { Callback, SessionStart, SessionView } from '@berth/schema/rest';
import type * as z from 'zod/mini';

type View = z.infer<typeof SessionView>;

/** What the site service's routes need of the rest. Each may throw a Failure, which becomes its problem document. */
export interface SiteSessions {
  start(id: string, order: SessionStart): Promise<View>;
  view(id: string, how: { readonly after?: number; readonly watched: boolean }): Promise<View>;
  stop(id: string, user?: string): Promise<View>;
  own(user: string): readonly View[];
  ownOne(user: string, id: string): View;
  callback(user: string, word: z.infer<typeof Callback>): Promise<void>;
}

export interface HubServices {
  readonly sessions: SiteSessions;
  readonly people: {
    form(user: string): Promise<string>;
    check(user: string, options: unknown): Promise<void>;
  };
}

/** How the service stands in the Hub, and what its tokens are good for. */
export interface ServiceFace {
  /** `/services/berth`, with the Hub's base URL */
  readonly base: string;
  /** of the Hub's pages, e.g. `https://hub.example.org` */
  readonly origin: string;
  /** @throws Failure `token-refused` unless the Hub knows the token */
  known(authorization: string | undefined): Promise<void>;
  /** The person whose token may use this service. @throws Failure `token-refused` */
  person(authorization: string | undefined): Promise<string>;
  /** The person of whose server this is the token. @throws Failure `token-refused` */
  server(authorization: string | undefined): Promise<string>;
}
