import { expect, test } from '@jest/globals';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  asProblem,
  ServerProblem,
  strangeResponse,
  unreachable,
  unreadable,
} from '../../../extension/src/client/server-problem.ts';
import { problemLine, problemWords } from '../../../extension/src/words/problem-words.ts';

/** Marks what passed the translator. */
const trans = {
  __: (text: string, ...slots: readonly string[]) =>
    `«${text.replace(/%(\d)/g, (_, at: string) => slots[Number(at) - 1] ?? '')}»`,
} as unknown as TranslationBundle;

test('what only this side knows is said by the translator, sentence and hint', () => {
  const own = [
    unreachable(undefined),
    unreadable('kernels'),
    strangeResponse(new Response(null, { status: 403 })),
    strangeResponse(new Response(null, { status: 404 })),
  ];
  expect(own.map(({ code }) => code)).toEqual(['unreachable', 'unreadable', 'logged-out', 'not-installed']);
  for (const problem of own) expect(problemLine(problem, trans)).toMatch(/^«[^»]+\.» «[^»]+\.»$/);
  expect(problemWords(unreadable('kernels'), trans).sentence).toContain('(kernels)');
});

test('what the server says is said as it is, also under a code of ours', () => {
  const told = new ServerProblem('Slurm refuses it.', { code: 'unreachable', hint: 'Ask for less.' });
  expect(problemLine(told, trans)).toBe('Slurm refuses it. Ask for less.');
  expect(problemLine(asProblem(new Error('Loading chunk 7 failed.')), trans)).toBe('Loading chunk 7 failed.');
});
