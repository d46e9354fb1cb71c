import type { LabIcon } from '@jupyterlab/ui-components';
import { forwardRef, useState } from 'react';

/**
 * Logos of kernelspecs as icons of Lab, whose launcher draws `kernelIconUrl` in its own two sections only. A logo comes out of
 * an image and may hold scripts: it is shown as a picture, in which none run, and never put into the page.
 */
export class LogoIcons {
  /** the same icon for the same logo: another one would be drawn, and loaded, anew each time the launcher draws */
  readonly #made = new Map<string, LabIcon>();

  /** @param fallback drawn where the logo cannot be loaded */
  of(url: string, fallback: LabIcon): LabIcon {
    const key = `${fallback.name} ${url}`;
    const icon = this.#made.get(key) ?? logoIcon(url, fallback);
    this.#made.set(key, icon);
    return icon;
  }
}

function logoIcon(url: string, fallback: LabIcon): LabIcon {
  const Logo = forwardRef<SVGElement, LabIcon.IProps>(function Logo(props, ref) {
    const [failed, setFailed] = useState(false);
    if (failed) return <fallback.react {...props} ref={ref} />;
    // what it stands for is said below it
    return <img className="jp-Launcher-kernelIcon" src={url} alt="" onError={() => setFailed(true)} />;
  });
  return Object.assign(fallback.bindprops({}), { react: Logo });
}
