import { LauncherModel } from '@jupyterlab/launcher';
import { expect, test } from '@jest/globals';
import { onlyInOwnSection } from '../../../extension/src/launcher/only-own-section.ts';

test('this Lab makes its sections of what `items` of its model lists, as is relied upon', () => {
  const launcher = new LauncherModel();
  launcher.add({ command: 'a', category: 'Notebook' });
  expect([...launcher.items()].map(({ command }) => command)).toEqual(['a']);
});

test('takes out notebooks of our kernels, and only while they are ours', () => {
  const launcher = new LauncherModel();
  for (const kernelName of ['python3', 'ours']) {
    launcher.add({ command: 'notebook', category: 'Notebook', args: { kernelName } });
    launcher.add({
      command: 'console',
      category: 'Console',
      args: { kernelPreference: { name: kernelName } },
    });
  }
  let ours = true;
  onlyInOwnSection(launcher, (kernel) => ours && kernel === 'ours');
  const commands = () => [...launcher.items()].map(({ command }) => command);
  expect(commands()).toEqual(['notebook', 'console', 'console']);
  ours = false;
  expect(commands()).toHaveLength(4);
});
