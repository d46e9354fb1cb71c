import { expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import * as fc from 'fast-check';
import { notebookResources, preselect, sameResources } from '../../../extension/src/model/preselection.ts';
import { profiles as list } from '../stand-in/scenes.ts';

const { profiles } = list;
const resources = Resources.parse({ cpus: 4, memory: '16G' });
const standing = (confirmed: boolean) => ({
  path: 'a',
  kernel: 'k',
  resources: Resources.parse({}),
  confirmed,
});
const asks = { berth: { resources } };

test("the person's own word before the notebook's, and the notebook's before the site's", () => {
  expect(preselect(standing(true), asks, profiles)).toMatchObject({ from: 'person', resources: { cpus: 1 } });
  expect(preselect(standing(false), asks, profiles)).toEqual({
    from: 'notebook',
    resources,
    profile: undefined,
  });
  expect(preselect(standing(false), {}, profiles)).toMatchObject({ from: 'site', profile: 'small' });
});

test('resources that are those of a profile show as that profile', () => {
  const gpu = profiles[1]?.profile.resources;
  expect(preselect(standing(false), { berth: { resources: gpu } }, profiles).profile).toBe('gpu');
});

test('whatever a notebook file holds, only resources that are in order come of it', () => {
  expect(notebookResources({ berth: { resources: { cpus: 2, memory: '1G; rm -rf' } } })).toBeUndefined();
  fc.assert(
    fc.property(fc.anything(), (metadata) => {
      for (const value of [metadata, { berth: metadata }, { berth: { resources: metadata } }]) {
        const read = notebookResources(value);
        expect(read === undefined || Resources.safeParse(read).success).toBe(true);
      }
    }),
  );
});

test('the order of keys makes no difference', () => {
  expect(sameResources({ cpus: 1, memory: '2G', time: '60' }, { time: '60', memory: '2G', cpus: 1 })).toBe(
    true,
  );
  expect(sameResources({ cpus: 1, memory: '2G', time: '60' }, { cpus: 2, memory: '2G', time: '60' })).toBe(
    false,
  );
});
