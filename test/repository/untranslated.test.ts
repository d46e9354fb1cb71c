import { expect, test } from '@jest/globals';
import { productFiles } from './source-file.ts';
import { untranslated } from './untranslated.ts';

const file = (text: string) => [{ path: 'extension/src/a.tsx', text }];

test('all that a person reads or hears in Lab passes its translator', () => {
  expect(untranslated(productFiles().filter(({ path }) => path.startsWith('extension/src/')))).toEqual([]);
});

test.each([
  'a = <p>Nothing here</p>;',
  "a = <p>{'Nothing here'}</p>;",
  "a = <p>{none ? 'nothing' : trans.__('Something')}</p>;",
  "a = <p>{none && 'nothing'}</p>;",
  'a = <p>{`for ${name}`}</p>;',
  "a = <p>{[name, 'nothing'].filter(Boolean).join(' · ')}</p>;",
  'a = <button aria-label="close" />;',
  "a = <button title={wide ? 'wide' : trans.__('narrow')} />;",
  'a = <input placeholder={`of ${name}`} />;',
  'a = <img alt="ship" />;',
  "node.setAttribute('aria-label', 'jobs');",
  "add(id, { label: 'look again' });",
  "add(id, { label: (args) => (args.tile ? 'tile' : trans.__('All')) });",
  "show({ title: `Ends ${name}`, body: trans.__('Its nodes are given back.') });",
  "const hint = 'Try again in a moment.';",
  "throw new ServerProblem('Nobody answers.', {});",
])('control: %s', (text) => {
  expect(untranslated(file(text))).toHaveLength(1);
});

test.each([
  'a = <p className="jp-Berth Wide one">{trans.__(\'Nothing here\')} · {name}</p>;',
  "a = <p>{trans._n('%1 kernel', '%1 kernels', kernels.get('name'))}</p>;",
  'a = <p>{state === \'failed\' && <b role="alert">{words}</b>}</p>;',
  "a = <button aria-label={trans.__('Close')} title={trans._p('door', 'Close')} type=\"button\" />;",
  "node.setAttribute('role', 'region');",
  "add(id, { label: (args) => (args.tile ? text(args.name) : trans.__('All')), code: 'not-there' });",
  "console.warn('Nothing can be read');",
  "throw new Error('The route needs a name');",
  "const plugin = { description: 'The panel of the jobs.' };",
  "const url = { 'Content-Type': 'application/json' };",
])('control: fine is %s', (text) => {
  expect(untranslated(file(text))).toEqual([]);
});
