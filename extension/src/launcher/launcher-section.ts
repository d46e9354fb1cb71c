import type { ILauncher } from '@jupyterlab/launcher';
import { DisposableSet } from '@lumino/disposable';
import type { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import { shownTiles } from '../model/shown-tiles.ts';
import { firstKernel } from '../start/first-kernel.ts';
import { berthTiles } from './berth-tiles.ts';
import { onlyInOwnSection } from './only-own-section.ts';
import { tileStyle } from './tile-style.ts';

/** Between Lab's Notebook (0) and Console (20). */
const SECTION_RANK = 10;

/** The section Containers: a tile for each kernel of ours that is worth one, and the way to all of them. */
export function addLauncherSection(launcher: ILauncher, { app, trans, settings, recent }: IBerth): void {
  // where the plugin of kernels is turned off there is nothing behind the tiles, and Lab's own are needed
  if (!app.commands.hasCommand(CommandIDs.newNotebook)) return;
  const { kernelspecs } = app.serviceManager;
  const category = trans.__('Containers');
  document.head.append(tileStyle(category));
  let shown = new DisposableSet();
  let drawn = '';

  const draw = (): void => {
    const ours = [...berthTiles(kernelspecs.specs).values()];
    const tiles = shownTiles(ours, [firstKernel(), ...recent.names], settings.values.launcherTiles);
    const now = JSON.stringify(tiles);
    if (now === drawn) return;
    drawn = now;
    shown.dispose();
    shown = new DisposableSet();
    tiles.forEach(({ name, displayName, logo, metadata: { image, language } }, rank) => {
      const args = { kernel: name, displayName, image, language, ...(logo && { logo }), tile: true };
      const item = { command: CommandIDs.newNotebook, args, category, categoryRank: SECTION_RANK, rank };
      // Lab's launcher draws that in its own sections alone, and here the command's icon; other launchers know only this
      shown.add(launcher.add({ ...item, ...(logo && { kernelIconUrl: logo }) }));
    });
  };

  onlyInOwnSection(
    launcher,
    (kernel) => settings.values.onlyOwnSection && berthTiles(kernelspecs.specs).has(kernel),
  );
  launcher.add({
    command: CommandIDs.openGallery,
    args: { tile: true },
    category,
    categoryRank: SECTION_RANK,
    // first, because Lab takes the icon of a section from its first tile
    rank: -1,
  });
  draw();
  void kernelspecs.ready.then(draw);
  kernelspecs.specsChanged.connect(draw);
  settings.changed.connect(() => {
    // also when only `onlyOwnSection` has changed, which is for Lab's own sections
    drawn = '';
    draw();
  });
  recent.changed.connect(draw);
}
