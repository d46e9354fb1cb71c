import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IBerth } from '../berth.ts';
import { berthIcon } from '../icons/icons.ts';
import { SessionWidget } from '../session-widget.tsx';
import type { Session } from '../session.ts';
import { GalleryView } from './gallery-view.tsx';

/** The panel of all kernels of the catalogue. */
class Gallery extends SessionWidget {
  protected override readonly focusOn = 'input[type="search"]';

  constructor(berth: IBerth) {
    super(berth);
    this.addClass('jp-Berth-gallery');
  }

  protected override opened({ catalogue }: Session): void {
    this.disposed.connect(() => catalogue.rest());
    void catalogue.read();
  }

  protected override draw(session: Session): JSX.Element {
    return <GalleryView berth={this.berth} session={session} />;
  }
}

export function createGallery(berth: IBerth): MainAreaWidget {
  const widget = new MainAreaWidget({ content: new Gallery(berth) });
  // a region by Lab's doing, and named so only by ours
  widget.content.node.setAttribute('aria-label', berth.trans.__('All containers'));
  widget.id = 'jupyter-berth-gallery';
  widget.title.label = berth.trans.__('Containers');
  widget.title.icon = berthIcon;
  widget.title.closable = true;
  return widget;
}
