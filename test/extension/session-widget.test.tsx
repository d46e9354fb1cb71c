import { expect, test } from '@jest/globals';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { SessionWidget } from '../../extension/src/session-widget.tsx';
import { berthOf } from './stand-in/berth.ts';
import { standInUp } from './stand-in/stand-in.ts';
import { click, finding, settled } from './draw.ts';

class View extends SessionWidget {
  protected override draw(): JSX.Element {
    return <h2 tabIndex={-1}>It is here.</h2>;
  }
}

test('says why it cannot be drawn, and is drawn when trying again helps', async () => {
  const standIn = await standInUp('one');
  const tests = berthOf(standIn);
  let fails = true;
  const session = (): ReturnType<typeof tests.berth.session> =>
    fails ? Promise.reject(new Error('Loading chunk 7 failed.')) : tests.berth.session();
  const view = new View({ ...tests.berth, session });
  Widget.attach(view, document.body);
  MessageLoop.flush();
  const text = (): string => view.node.textContent ?? '';
  await settled(() => text().includes('Loading chunk 7 failed.'));
  // as long as there is nothing to have the focus it stays where it is
  view.activate();
  expect(document.activeElement).toBe(document.body);
  fails = false;
  await click(finding(view.node).one('button', 'Try again'));
  await settled(() => text() === 'It is here.');
  await settled(() => document.activeElement?.tagName === 'H2');
  view.dispose();
  tests.down();
  await standIn.down();
});
