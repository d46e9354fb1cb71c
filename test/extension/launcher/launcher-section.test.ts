import { LauncherModel } from '@jupyterlab/launcher';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CommandIDs } from '../../../extension/src/command-ids.ts';
import { addLauncherSection } from '../../../extension/src/launcher/launcher-section.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { kernels } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

/** What of them an image brings, as Jupyter names it. */
const LOGOS: Readonly<Record<string, object>> = {
  python: { 'logo-64x64': '/base/python.png', 'logo-svg': '/base/python.svg' },
  R: { 'logo-32x32': '/base/R-small.png', 'logo-64x64': '/base/R.png' },
  octave: { 'logo-32x32': '/base/octave-small.png' },
};

let standIn: StandIn;
let tests: BerthOfTests;
let launcher: LauncherModel;
beforeEach(async () => {
  standIn = await standInUp();
  tests = berthOf(standIn, [CommandIDs.newNotebook, CommandIDs.openGallery]);
  launcher = new LauncherModel();
  // as Lab adds them: every kernelspec, twice
  for (const name of ['python3', ...kernels(40).map((one) => one.name)]) {
    launcher.add({ command: 'notebook:create-new', category: 'Notebook', args: { kernelName: name } });
    launcher.add({
      command: 'console:create',
      category: 'Console',
      args: { kernelPreference: { name } },
    });
  }
  const ours = kernels(40).map(({ name, displayName, image, language }): [string, unknown] => [
    name,
    {
      name,
      display_name: displayName,
      metadata: { berth: { image, digest: 'sha256:0', kernel: 'python3', language } },
      resources: LOGOS[language] ?? {},
    },
  ]);
  tests.specs.kernelspecs = {
    ...Object.fromEntries(ours),
    python3: { name: 'python3', display_name: 'Python 3' },
  };
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});
const settings = (composite: object): Promise<void> => {
  const registry = { load: () => Promise.resolve({ composite, changed: { connect: () => true } }) };
  return tests.berth.settings.follow(registry as never, 'jupyter-berth:plugin');
};
const inCategory = (category: string) => [...launcher.items()].filter((item) => item.category === category);

test('one section with the way to all of them and a few tiles; each kernel once', () => {
  addLauncherSection(launcher, tests.berth);
  const [first, ...tiles] = inCategory('Containers');
  expect(first?.command).toBe(CommandIDs.openGallery);
  expect(tiles).toHaveLength(30);
  expect(tiles[0]).toMatchObject({ command: CommandIDs.newNotebook, args: { language: 'julia' }, rank: 0 });
  expect(inCategory('Notebook').map(({ args }) => args?.['kernelName'])).toEqual(['python3']);
  // of a console there is no other tile
  expect(inCategory('Console')).toHaveLength(41);
});

test("a tile has the kernelspec's own logo, the one that Lab would take", async () => {
  addLauncherSection(launcher, tests.berth);
  await settings({ launcherTiles: 40 });
  const logos = new Set<unknown>();
  for (const { kernelIconUrl, args } of inCategory('Containers').slice(1)) {
    expect(args?.['logo']).toBe(kernelIconUrl);
    logos.add(JSON.stringify([args?.['language'], kernelIconUrl]));
  }
  // without a picture that fits: no request for one
  const expected = [
    ['julia', null],
    ['octave', null],
    ['python', '/base/python.svg'],
    ['R', '/base/R.png'],
  ];
  expect([...logos].toSorted()).toEqual(expected.map((one) => JSON.stringify(one)).toSorted());
});

test('what was used last comes first, as soon as it is used', async () => {
  addLauncherSection(launcher, tests.berth);
  const name = kernels(40)[33]?.name ?? '';
  await tests.berth.recent.use(name);
  expect(inCategory('Containers')[1]?.args?.['kernel']).toBe(name);
  expect(inCategory('Containers')).toHaveLength(31);
});

test('the settings leave more tiles, and Lab its own sections', async () => {
  addLauncherSection(launcher, tests.berth);
  await settings({ launcherTiles: 35, onlyOwnSection: false });
  expect(inCategory('Containers')).toHaveLength(36);
  expect(inCategory('Notebook')).toHaveLength(41);
});

test('a launcher that does not list its items stays as it is', () => {
  const added: unknown[] = [];
  const other = { add: (item: unknown) => added.push(item) } as never;
  expect(() => addLauncherSection(other, tests.berth)).not.toThrow();
  expect(added).toHaveLength(31);
});

test('without the plugin of kernels there are no tiles without a command, and Lab keeps its own', () => {
  const without = berthOf(standIn);
  addLauncherSection(launcher, without.berth);
  expect(inCategory('Containers')).toEqual([]);
  expect(inCategory('Notebook')).toHaveLength(41);
  without.down();
});
