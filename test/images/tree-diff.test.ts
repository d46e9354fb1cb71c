import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { command } from './command.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';
import { snapshot, writeDifference } from './tree-diff.ts';

test('the difference of two states holds what is new, changed and gone', () =>
  inTemporaryDirectory(async (directory) => {
    const root = join(directory, 'root');
    await mkdir(join(root, 'kept'), { recursive: true });
    await mkdir(join(root, 'gone/deep'), { recursive: true });
    for (const name of ['kept/same', 'kept/changed', 'kept/gone', 'gone/deep/file'])
      await writeFile(join(root, name), 'before');
    const before = await snapshot(root);
    await writeFile(join(root, 'kept/changed'), 'afterw'); // same size
    await writeFile(join(root, 'kept/new\nname'), 'new');
    await link(join(root, 'kept/new\nname'), join(root, 'kept/twin'));
    await symlink('same', join(root, 'kept/symlink'));
    await rm(join(root, 'kept/gone'));
    await rm(join(root, 'gone'), { recursive: true });
    const tar = join(directory, 'layer.tar');
    await writeDifference(root, before, tar);
    const names = (await command(['tar', '--list', `--file=${tar}`])).trim().split('\n');
    expect(names.sort()).toEqual([
      '.wh.gone',
      'kept/',
      'kept/.wh.gone',
      'kept/changed',
      'kept/new\\nname',
      'kept/symlink',
      'kept/twin',
    ]);
  }));

test('no change is an empty layer', () =>
  inTemporaryDirectory(async (directory) => {
    const root = join(directory, 'root');
    await mkdir(join(root, 'a'), { recursive: true });
    const tar = join(directory, 'layer.tar');
    await writeDifference(root, await snapshot(root), tar);
    expect(await command(['tar', '--list', `--file=${tar}`])).toBe('');
  }));
