import type { Message } from '@lumino/messaging';
import { Panel, type Widget } from '@lumino/widgets';

/** A panel that makes its content when it is first shown: a sidebar that stays closed costs nothing. */
export class LazyPanel extends Panel {
  #make: (() => Promise<Widget>) | undefined;
  #activated = false;

  constructor(make: () => Promise<Widget>) {
    super();
    this.#make = make;
    this.addClass('jp-Berth-lazy');
  }

  protected override onBeforeShow(message: Message): void {
    super.onBeforeShow(message);
    const make = this.#make;
    this.#make = undefined;
    make?.().then(
      (content) => {
        this.addWidget(content);
        if (this.#activated) content.activate();
      },
      (error: unknown) => {
        console.warn('jupyter-berth: a panel cannot be loaded', error);
        // showing it once more tries it once more
        this.#make = make;
      },
    );
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.#activated = true;
    this.widgets[0]?.activate();
  }
}
