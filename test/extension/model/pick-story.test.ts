import { expect, test } from '@jest/globals';
import { pickStory } from '../../../extension/src/model/pick-story.ts';
import { story } from '../stand-in/scenes.ts';

const ready = { state: 'ready', node: 'n', pid: 1 } as const;
const at = (id: string, path: string, began: string, kernelId?: string) =>
  story(ready, path, { id: id.repeat(16), began, kernelId: kernelId ?? 'other' });
const stories = [
  at('a', 'x.ipynb', '2026-01-01T10:00:00Z', 'k1'),
  at('b', 'x.ipynb', '2026-01-01T11:00:00Z', 'k2'),
  at('c', 'y.ipynb', '2026-01-01T12:00:00Z', 'k3'),
  at('d', 'z.ipynb', '2026-01-01T09:00:00Z'),
];
const own = story(ready).kernel;
const id = (kernelId: string | undefined, path: string, names: readonly string[] = [own]) =>
  pickStory(stories, { kernelId, path, names })?.id[0];

test('goes by the kernel that the session has and by nothing else, also after the notebook was renamed', () => {
  expect(id('k1', 'x.ipynb')).toBe('a');
  expect(id('k3', 'renamed.ipynb')).toBe('c');
  expect(id('k9', 'x.ipynb')).toBeUndefined();
  expect(id('k9', 'z.ipynb')).toBeUndefined();
});

test('else by path and kernel, the newest; a namesake with another kernel, or none, has no part in it', () => {
  expect(id(undefined, 'x.ipynb')).toBe('b');
  expect(id(undefined, 'z.ipynb')).toBe('d');
  expect(id(undefined, 'x.ipynb', ['another'])).toBeUndefined();
  expect(id(undefined, '')).toBeUndefined();
});
