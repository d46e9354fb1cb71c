import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { JobId } from '@berth/schema';
import { newNotebook } from '../../../extension/src/start/new-notebook.ts';
import { click, finding, settled } from '../draw.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { kernel, kernels, profiles } from '../stand-in/scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
const page = finding(document.body);
const { name, displayName } = kernel(20);
const wanted = { kernel: name, displayName, folder: 'work', ask: false };
const ownJob = JobId.parse('7');
const small = profiles.profiles[0]?.profile.resources;
beforeEach(async () => {
  standIn = await standInUp('many');
  standIn.change((scene) => ({ ...scene, kernels: kernels(40) }));
  tests = berthOf(standIn, ['docmanager:open']);
});
afterEach(async () => {
  tests.down();
  await standIn.down();
});
const changes = () => standIn.asked.filter((one) => !one.startsWith('GET'));

test('choose, write the kernelspec, make the file, agree to the job, open: in this order', async () => {
  const done = newNotebook(tests.berth, wanted);
  await settled(() => page.all('radio').length === 4);
  expect(changes()).toEqual([]);
  await click(page.one('button', 'Start'));
  await done;
  expect(changes()).toEqual([`PUT /v1/kernels/${name}/kernelspec`, 'PUT /v1/wishes']);
  expect(standIn.bodies.at(-1)).toEqual({
    path: 'Untitled.ipynb',
    kernel: name,
    resources: small,
    profile: 'small',
  });
  expect(tests.ran.map(([id]) => id)).toEqual(['save', 'docmanager:open']);
  const [, [path, file]] = tests.ran[0] as [string, [string, { content: { metadata: unknown } }]];
  expect(path).toBe('Untitled.ipynb');
  expect(file.content.metadata).toMatchObject({ kernelspec: { name }, berth: { resources: small } });
  expect(tests.berth.recent.names).toEqual([name]);
});

test('in the job that JupyterLab runs in there is nothing to choose: it opens, and no resources are agreed to', async () => {
  standIn.change((scene) => ({ ...scene, profiles: { ...profiles, ownJob } }));
  // what was remembered where it could be had does not count here either
  if (small) await tests.session.choices.keep(name, { resources: small });
  await newNotebook(tests.berth, wanted);
  expect(changes()).toEqual([`PUT /v1/kernels/${name}/kernelspec`]);
  expect(tests.ran.map(([id]) => id)).toEqual(['save', 'docmanager:open']);
  const [, [, file]] = tests.ran[0] as [string, [string, { content: { metadata: object } }]];
  expect(file.content.metadata).not.toHaveProperty('berth');
});

test('who wants to choose there is told why that is not possible', async () => {
  standIn.change((scene) => ({ ...scene, profiles: { ...profiles, ownJob } }));
  const done = newNotebook(tests.berth, { ...wanted, ask: true });
  await settled(() => /This JupyterLab runs in job 7/.test(document.body.textContent ?? ''));
  expect(page.all('radio')).toEqual([]);
  await click(page.one('button', 'OK'));
  expect(await done).toBeUndefined();
  expect(changes()).toEqual([]);
});

test('when cancelled nothing was made and nothing was asked for', async () => {
  const done = newNotebook(tests.berth, wanted);
  await settled(() => page.all('radio').length === 4);
  await click(page.one('button', 'Cancel'));
  expect(await done).toBeUndefined();
  expect(changes()).toEqual([]);
  expect(tests.ran).toEqual([]);
});

test('"don\'t ask again" holds for this kernel, until it is asked for', async () => {
  const first = newNotebook(tests.berth, wanted);
  await settled(() => page.all('radio').length === 4);
  document.querySelector<HTMLInputElement>('.jp-Dialog-checkbox input')?.click();
  await click(page.one('button', 'Start'));
  await first;
  await newNotebook(tests.berth, wanted);
  expect(changes().filter((one) => one === 'PUT /v1/wishes')).toHaveLength(2);
  const asked = newNotebook(tests.berth, { ...wanted, ask: true });
  await settled(() => page.all('radio').length === 4);
  await click(page.one('button', 'Cancel'));
  await asked;
});

test('a failure is told in words', async () => {
  standIn.change((scene) => ({ ...scene, profiles: { profiles: [{ name: 'NOT A NAME' } as never] } }));
  const done = newNotebook(tests.berth, wanted);
  await settled(() => /could not be started/.test(document.body.textContent ?? ''));
  expect(page.one('alert').textContent).toContain('Try again.');
  await done;
});
