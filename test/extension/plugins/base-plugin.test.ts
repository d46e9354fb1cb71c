import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ServerConnection } from '@jupyterlab/services';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Signal } from '@lumino/signaling';
import type { IBerth } from '../../../extension/src/berth.ts';
import { basePlugin } from '../../../extension/src/plugins/base-plugin.ts';
import { eventually } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let shellDisposed: Signal<object, void>;
let app: JupyterFrontEnd;
let berth: IBerth;
beforeEach(async () => {
  standIn = await standInUp('one');
  shellDisposed = new Signal<object, void>({});
  app = {
    restored: Promise.resolve(),
    shell: { disposed: shellDisposed },
    serviceManager: {
      serverSettings: ServerConnection.makeSettings({ baseUrl: `${standIn.url}/`, fetch }),
      kernelspecs: { refreshSpecs: () => Promise.resolve() },
    },
    resolveOptionalService: () => Promise.resolve(berth),
  } as unknown as JupyterFrontEnd;
  berth = await basePlugin.activate(app, null, null, null);
});
afterEach(() => standIn.down());

test('all that talks to the server ends with the application, once and for all', async () => {
  const { store, catalogue, ticker, client } = await berth.session();
  await catalogue.read();
  await eventually(() => standIn.events.listeners === 1 && store.launchesKnown);
  let heard = 0;
  for (const signal of [store.changed, catalogue.changed, ticker.ticked]) signal.connect(() => (heard += 1));
  shellDisposed.emit();
  await eventually(() => standIn.events.listeners === 0);
  const asked = standIn.asked.length;
  document.dispatchEvent(new Event('visibilitychange'));
  store.tryAgain();
  await Promise.all([store.readAll(), catalogue.read()]);
  ticker.listen(() => (heard += 1))();
  // the client holds nothing open
  await client.call('status');
  expect(standIn.asked.slice(asked)).toEqual(['GET /v1/status']);
  expect([heard, store.isDisposed, catalogue.isDisposed, berth.isDisposed]).toEqual([0, true, true, true]);
});

test('may be disposed of twice, also by turning the plugin off', async () => {
  const session = await berth.session();
  await basePlugin.deactivate?.(app);
  await eventually(() => session.isDisposed);
  berth.dispose();
  session.dispose();
  expect(session.isDisposed).toBe(true);
});

test('what was not opened before that is not opened any more', async () => {
  const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  let restore = (): void => undefined;
  const restored = new Promise<void>((resolve) => (restore = resolve));
  berth.dispose();
  const late = await basePlugin.activate({ ...app, restored } as JupyterFrontEnd, null, null, null);
  await eventually(() => standIn.events.listeners === 0);
  const asked = standIn.asked.length;
  late.dispose();
  restore();
  await expect(late.session()).rejects.toThrow('Lab is closed');
  expect(standIn.asked).toHaveLength(asked);
  expect(warned).toHaveBeenCalled();
  warned.mockRestore();
});
