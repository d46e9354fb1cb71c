import type { JupyterFrontEnd } from '@jupyterlab/application';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { IBerth } from '../../../extension/src/berth.ts';
import { BerthClient } from '../../../extension/src/client/client.ts';
import { Catalogue } from '../../../extension/src/model/catalogue.ts';
import { RecentKernels } from '../../../extension/src/model/recent-kernels.ts';
import { RememberedChoices } from '../../../extension/src/model/remembered-choices.ts';
import { BerthStore } from '../../../extension/src/model/store.ts';
import { Ticker } from '../../../extension/src/model/ticker.ts';
import type { Session } from '../../../extension/src/session.ts';
import { SettingsReader } from '../../../extension/src/settings-reader.ts';
import { memoryState } from './memory-state.ts';
import { sendTo } from './send-to.ts';
import type { StandIn } from './stand-in.ts';

export interface BerthOfTests {
  readonly berth: IBerth;
  readonly session: Session;
  /** commands that were run, with their arguments */
  readonly ran: readonly (readonly [string, unknown])[];
  readonly specs: { kernelspecs: Record<string, unknown>; default: string };
  down(): void;
}

/** Berth's shared objects over a stand-in of the server, in an application that is no more than what the views use. */
export function berthOf(standIn: StandIn, commands: readonly string[] = []): BerthOfTests {
  const client = new BerthClient(sendTo(standIn), () => Promise.resolve());
  const store = new BerthStore(client, () => Promise.resolve());
  const state = memoryState();
  const session: Session = {
    client,
    store,
    catalogue: new Catalogue(client),
    ticker: new Ticker(),
    choices: new RememberedChoices(state),
    get isDisposed() {
      return store.isDisposed;
    },
    dispose: () => {
      store.dispose();
      session.catalogue.dispose();
      session.ticker.dispose();
    },
  };
  const registry = new CommandRegistry();
  const ran: (readonly [string, unknown])[] = [];
  for (const id of commands) {
    registry.addCommand(id, {
      execute: (args) => {
        ran.push([id, args]);
      },
    });
  }
  const specs = { kernelspecs: {}, default: '' };
  const kernelspecs = {
    specs,
    ready: Promise.resolve(),
    specsChanged: new Signal<object, unknown>({}),
    refreshSpecs: () => Promise.resolve(),
  };
  const contents = {
    localPath: (path: string) => path,
    get: (path: string) => Promise.resolve({ path, type: 'directory', content: [] }),
    newUntitled: () => Promise.resolve({ path: 'Untitled.ipynb' }),
    save: (...args: unknown[]) => {
      ran.push(['save', args]);
      return Promise.resolve({});
    },
  };
  const app = { commands: registry, serviceManager: { kernelspecs, contents } } as unknown as JupyterFrontEnd;
  const berth: IBerth = {
    app,
    trans: nullTranslator.load('jupyter_berth'),
    settings: new SettingsReader(),
    recent: new RecentKernels(state),
    session: () => Promise.resolve(session),
    get isDisposed() {
      return session.isDisposed;
    },
    dispose: () => session.dispose(),
  };
  return { berth, session, ran, specs, down: () => session.dispose() };
}
