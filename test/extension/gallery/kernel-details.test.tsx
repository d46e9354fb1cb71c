import { expect, test } from '@jest/globals';
import type { KernelEntry } from '@berth/schema/rest';
import type { GalleryActions } from '../../../extension/src/gallery/gallery-actions.ts';
import { KernelDetails } from '../../../extension/src/gallery/kernel-details.tsx';
import { useState } from 'react';
import { draw, settled } from '../draw.ts';
import { berthOf } from '../stand-in/berth.ts';
import { kernel } from '../stand-in/scenes.ts';
import { standInUp } from '../stand-in/stand-in.ts';

test('a problem with a kernel goes once its entry is read anew and it can be shown', async () => {
  const standIn = await standInUp('one');
  const tests = berthOf(standIn);
  const { berth, session } = tests;
  const props = { actions: {} as GalleryActions, session, trans: berth.trans };
  standIn.stumble(9, 404);
  let readAnew: (entry: KernelEntry) => void = () => undefined;
  const View = (): JSX.Element => {
    const [entry, setEntry] = useState(kernel(0));
    readAnew = setEntry;
    return <KernelDetails entry={entry} {...props} />;
  };
  const view = await draw(<View />);
  await settled(() => view.all('alert').length === 1);
  standIn.stumble(0, 0);
  readAnew(kernel(0));
  await settled(() => /Why it is here/.test(view.node.textContent ?? ''));
  expect(view.all('alert')).toEqual([]);
  await view.end();
  tests.down();
  await standIn.down();
});

test('names what it is the same as in words for people; by its directory only while that is not read', async () => {
  const standIn = await standInUp('many');
  const tests = berthOf(standIn);
  const { berth, session } = tests;
  const props = { actions: {} as GalleryActions, session, trans: berth.trans };
  const other = kernel(7);
  const same = async (): Promise<string> => {
    const view = await draw(<KernelDetails entry={{ ...kernel(0), sameAs: other.name }} {...props} />);
    const term = [...view.node.querySelectorAll('dt')].find(({ textContent }) => textContent === 'Same as');
    const text = term?.nextElementSibling?.textContent ?? '';
    await view.end();
    return text;
  };
  expect(await same()).toBe(other.name);
  await session.catalogue.read();
  expect(await same()).toBe(other.displayName);
  tests.down();
  await standIn.down();
});
