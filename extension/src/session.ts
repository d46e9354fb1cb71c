import type { JupyterFrontEnd } from '@jupyterlab/application';
import { BerthClient } from './client/client.ts';
import { sendThrough } from './client/send.ts';
import { Catalogue } from './model/catalogue.ts';
import type { RecentKernels } from './model/recent-kernels.ts';
import { RememberedChoices } from './model/remembered-choices.ts';
import { restWhileHidden } from './model/rest-while-hidden.ts';
import { BerthStore } from './model/store.ts';
import { Ticker } from './model/ticker.ts';

/** All that talks to the user server, or depends on what it says. */
export interface Session {
  readonly client: BerthClient;
  readonly store: BerthStore;
  readonly catalogue: Catalogue;
  readonly ticker: Ticker;
  readonly choices: RememberedChoices;
}

/** Connect to the user server of this Jupyter server. */
export function openSession({ app, recent }: { app: JupyterFrontEnd; recent: RecentKernels }): Session {
  const client = new BerthClient(sendThrough(app.serviceManager.serverSettings));
  const store = new BerthStore(client);
  const catalogue = new Catalogue(client);
  store.changed.connect((_, { of }) => {
    // somebody else may have written a kernelspec: Jupyter's own look comes only once a minute
    if (of === 'kernelspecs') void app.serviceManager.kernelspecs.refreshSpecs();
    if ((of === 'kernels' || of === 'kernelspecs') && catalogue.wanted) void catalogue.read();
  });
  restWhileHidden(store.events);
  return { client, store, catalogue, ticker: new Ticker(), choices: new RememberedChoices(recent.state) };
}
