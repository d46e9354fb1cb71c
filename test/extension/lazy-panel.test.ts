import { expect, jest, test } from '@jest/globals';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { LazyPanel } from '../../extension/src/lazy-panel.ts';
import { eventually } from './stand-in/send-to.ts';

class Content extends Widget {
  protected override onActivateRequest(): void {
    this.node.tabIndex = -1;
    this.node.focus();
  }
}
const content = (): Content => new Content();

test('what is made late gets the focus that was asked for before, and a part that failed is made the next time', async () => {
  const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  let tries = 0;
  const made = content();
  const panel = new LazyPanel(() =>
    ++tries === 1 ? Promise.reject(new Error('Loading chunk 7 failed.')) : Promise.resolve(made),
  );
  panel.hide();
  Widget.attach(panel, document.body);
  panel.show();
  await eventually(() => warned.mock.calls.length === 1);
  panel.hide();
  panel.show();
  panel.activate();
  MessageLoop.flush();
  await eventually(() => document.activeElement === made.node);
  expect(tries).toBe(2);
  panel.dispose();
  warned.mockRestore();
});
