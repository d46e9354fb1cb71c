import type { JupyterFrontEnd } from '@jupyterlab/application';
import { DisposableSet, type IDisposable } from '@lumino/disposable';
import { BerthClient } from './client/client.ts';
import { sendThrough } from './client/send.ts';
import { Catalogue } from './model/catalogue.ts';
import type { RecentKernels } from './model/recent-kernels.ts';
import { RememberedChoices } from './model/remembered-choices.ts';
import { restWhileHidden } from './model/rest-while-hidden.ts';
import { BerthStore } from './model/store.ts';
import { Ticker } from './model/ticker.ts';

/** All that talks to the user server, or depends on what it says. Once disposed of it asks nothing and tells nothing. */
export interface Session extends IDisposable {
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
  const all = new DisposableSet();
  const ticker = new Ticker();
  store.changed.connect((_, { of }) => {
    // somebody else may have written a kernelspec: Jupyter's own look comes only once a minute
    if (of === 'kernelspecs') void app.serviceManager.kernelspecs.refreshSpecs();
    if ((of === 'kernels' || of === 'kernelspecs') && catalogue.wanted) void catalogue.read();
  });
  // in this order: what would start the events again goes first
  for (const one of [restWhileHidden(store.events), store, catalogue, ticker]) all.add(one);
  return {
    client,
    store,
    catalogue,
    ticker,
    choices: new RememberedChoices(recent.state),
    get isDisposed() {
      return all.isDisposed;
    },
    dispose: () => all.dispose(),
  };
}
