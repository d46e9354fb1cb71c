import { expect, test } from '@jest/globals';
import { nullTranslator } from '@jupyterlab/translation';
import { scanWords } from '../../../extension/src/words/scan-words.ts';
import { SCENES } from '../stand-in/scenes.ts';

const trans = nullTranslator.load('jupyter_berth');

test('how far it is, how it ended, why it failed', () => {
  expect(scanWords(SCENES.empty.scan, trans)).toBe('Not looked yet.');
  expect(scanWords(SCENES.waiting.scan, trans)).toBe('13 of 40 images, 184 MB read');
  expect(scanWords(SCENES.many.scan, trans)).toMatch(
    /^Looked into 900 images \(.*\); 2 images could not be looked into$/,
  );
  expect(scanWords(SCENES.failing.scan, trans)).toMatch(/does not answer: connection refused\. Check that/);
  const asking = { state: 'running', began: '', images: 0, done: 0, bytes: 0 } as const;
  expect(scanWords(asking, trans)).toBe('Asking the sources what they have…');
});
