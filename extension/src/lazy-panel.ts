import type { Message } from '@lumino/messaging';
import { Panel, type Widget } from '@lumino/widgets';

/** A panel that makes its content when it is first shown: a sidebar that stays closed costs nothing. */
export class LazyPanel extends Panel {
  #make: (() => Promise<Widget>) | undefined;

  constructor(make: () => Promise<Widget>) {
    super();
    this.#make = make;
    this.addClass('jp-Berth-lazy');
  }

  protected override onBeforeShow(message: Message): void {
    super.onBeforeShow(message);
    const make = this.#make;
    this.#make = undefined;
    if (make) void make().then((content) => this.addWidget(content));
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.widgets[0]?.activate();
  }
}
