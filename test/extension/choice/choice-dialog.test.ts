import { Dialog } from '@jupyterlab/apputils';
import { afterEach, expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { nullTranslator } from '@jupyterlab/translation';
import { ChoiceDialog } from '../../../extension/src/choice/choice-dialog.ts';
import { ChoiceForm } from '../../../extension/src/choice/choice-form.tsx';
import type { Preselection } from '../../../extension/src/model/preselection.ts';
import { click, finding, settled, type } from '../draw.ts';
import { profiles } from '../stand-in/scenes.ts';

const trans = nullTranslator.load('jupyter_berth');
afterEach(() => Dialog.flush());

async function open(preselection: Preselection) {
  const form = new ChoiceForm({ profiles: profiles.profiles, preselection, trans });
  const dialog = new ChoiceDialog({
    title: 'Resources',
    body: form,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Start' })],
  });
  const result = dialog.launch();
  // a dialog that a failed test left open is rejected when it is flushed
  result.catch(() => undefined);
  const page = finding(document.body);
  await settled(() => page.all('radio').length === 4);
  return { ...page, result };
}
const site: Preselection = { resources: Resources.parse({}), profile: 'small', from: 'site' };

test("shows the site's profiles, the preselected one chosen, and gives it back", async () => {
  const page = await open(site);
  expect(page.all('radio').map((one) => (one as HTMLInputElement).checked)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  await click(page.one('radio', /^One GPU/));
  await click(page.one('button', 'Start'));
  expect((await page.result).value).toEqual({
    resources: profiles.profiles[1]?.profile.resources,
    profile: 'gpu',
  });
});

test('says when it is the notebook that asks for so much', async () => {
  const page = await open({ resources: Resources.parse({ cpus: 32 }), profile: undefined, from: 'notebook' });
  expect(page.one('note').textContent).toBe('This notebook asks for 32 CPUs, 2 GB, 60 min.');
  await click(page.one('button', 'Cancel'));
  expect((await page.result).button.accept).toBe(false);
});

test('does not close on what is not in order: it says so beside the field, and goes there', async () => {
  const page = await open(site);
  await click(page.one('radio', /^Custom/));
  await settled(() => page.all('textbox', 'Memory').length === 1);
  const memory = page.one('textbox', 'Memory');
  // the fields begin with what was chosen before
  expect((memory as HTMLInputElement).value).toBe('2G');
  await type(memory, 'lots');
  await click(page.one('button', 'Start'));
  await settled(() => memory.getAttribute('aria-invalid') === 'true');
  expect(document.activeElement).toBe(memory);
  const problem = document.getElementById(memory.getAttribute('aria-describedby') ?? '');
  expect(problem?.textContent).toBe('A number with K, M, G or T, such as 16G.');
  await type(memory, '4G');
  await settled(() => memory.getAttribute('aria-invalid') === 'false');
  await click(page.one('button', 'Start'));
  expect((await page.result).value).toEqual({ resources: { cpus: 1, memory: '4G', time: '60' } });
});

test('says what Slurm makes of a time, which is not what people expect', async () => {
  const page = await open({
    resources: Resources.parse({ time: '4:00' }),
    profile: undefined,
    from: 'site',
  });
  const time = page.one('textbox', 'Time limit');
  const hint = () => document.getElementById(time.getAttribute('aria-describedby') ?? '')?.textContent;
  expect(hint()).toBe('= 4 min');
  await type(time, '4:00:00');
  await settled(() => hint() === '= 4 h');
  await type(time, 'soon');
  await settled(() => hint() === 'Minutes, or hours as in 4:00:00, or days as in 2-12:00:00.');
  await type(time, '');
  await settled(() => time.getAttribute('aria-describedby') === null);
  await click(page.one('button', 'Cancel'));
  await page.result;
});
