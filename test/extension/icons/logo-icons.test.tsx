import { afterEach, expect, test } from '@jest/globals';
import { LabIcon } from '@jupyterlab/ui-components';
import { berthIcon } from '../../../extension/src/icons/icons.ts';
import { LogoIcons } from '../../../extension/src/icons/logo-icons.tsx';
import { draw, type Drawn, settled } from '../draw.ts';

let view: Drawn;
afterEach(() => view.end());

test('is drawn as Lab draws the icon of a tile; where it cannot be loaded, the other one is', async () => {
  const icon = new LogoIcons().of('/base/logo-svg.svg', berthIcon);
  view = await draw(LabIcon.resolveReact({ icon, stylesheet: 'launcherCard' }));
  const picture = view.node.querySelector('img');
  expect(picture?.getAttribute('src')).toBe('/base/logo-svg.svg');
  expect(view.node.querySelector('svg')).toBeNull();
  picture?.dispatchEvent(new Event('error'));
  await settled(() => view.node.querySelector('svg') !== null);
  expect(view.node.querySelector('img')).toBeNull();
});

test('is the same icon for the same logo: nothing is loaded anew when the launcher draws', async () => {
  const logos = new LogoIcons();
  const [first, second] = [logos.of('/a.svg', berthIcon), logos.of('/a.svg', berthIcon)];
  expect(second.react).toBe(first.react);
  expect(logos.of('/b.svg', berthIcon).react).not.toBe(first.react);
  // and the language's own is as it was
  view = await draw(LabIcon.resolveReact({ icon: berthIcon }));
  expect(view.node.querySelector('img')).toBeNull();
});
