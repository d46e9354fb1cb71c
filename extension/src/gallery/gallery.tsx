import { MainAreaWidget } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { IBerth } from '../berth.ts';
import { berthIcon } from '../icons/icons.ts';
import type { Session } from '../session.ts';
import { GalleryView } from './gallery-view.tsx';

/** The panel of all kernels of the catalogue. */
class Gallery extends ReactWidget {
  readonly #berth: IBerth;
  #session: Session | undefined;

  constructor(berth: IBerth) {
    super();
    this.#berth = berth;
    this.addClass('jp-Berth-gallery');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', berth.trans.__('All containers'));
    void berth.session().then((session) => {
      this.#session = session;
      void session.catalogue.read();
      this.update();
    });
  }

  protected override onActivateRequest(): void {
    this.node.querySelector<HTMLElement>('input[type="search"]')?.focus();
  }

  protected override render(): JSX.Element {
    return this.#session ? <GalleryView berth={this.#berth} session={this.#session} /> : <></>;
  }
}

export function createGallery(berth: IBerth): MainAreaWidget {
  const widget = new MainAreaWidget({ content: new Gallery(berth) });
  widget.id = 'jupyter-berth-gallery';
  widget.title.label = berth.trans.__('Containers');
  widget.title.icon = berthIcon;
  widget.title.closable = true;
  return widget;
}
