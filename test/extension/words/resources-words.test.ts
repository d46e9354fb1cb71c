import { expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { nullTranslator } from '@jupyterlab/translation';
import { gresWords, memoryWords, resourcesWords } from '../../../extension/src/words/resources-words.ts';

const trans = nullTranslator.load('jupyter_berth');

test.each([
  ['2G', '2 GB'],
  ['2048', '2 GB'],
  ['2500', '2500 MB'],
  ['512K', '512 kB'],
  ['1024G', '1 TB'],
  ['a lot', 'a lot'],
])('memory %s is %s', (memory, text) => {
  expect(memoryWords(memory)).toBe(text);
});

test.each([
  ['gpu', '1 GPU'],
  ['gpu:2', '2 GPU'],
  ['gpu:a100:4', '4 GPU (a100)'],
  ['gres/gpu:1', '1 GPU'],
  ['gpu:1,nvme:1', '1 GPU, nvme:1'],
])('gres %s is %s', (gres, text) => {
  expect(gresWords(gres)).toBe(text);
});

test('a job in one line', () => {
  expect(resourcesWords(Resources.parse({}), trans)).toBe('1 CPU, 2 GB, 60 min');
  const resources = Resources.parse({
    cpus: 8,
    memory: '64G',
    gres: 'gpu:1',
    time: '4:00:00',
    partition: 'gpu',
  });
  expect(resourcesWords(resources, trans)).toBe('8 CPUs, 64 GB, 1 GPU, 4 h, partition gpu');
});

test('zero is not little: all memory of the node, and no time limit', () => {
  expect(resourcesWords(Resources.parse({ memory: '0', time: '0' }), trans)).toBe(
    '1 CPU, all memory of the node, no time limit',
  );
});

test('nothing that is asked for is left unsaid: a person agrees on these words', () => {
  const asked = {
    partition: 'the-partition',
    account: 'the-account',
    qos: 'the-qos',
    reservation: 'the-reservation',
    constraint: 'the-constraint',
    cpus: 37,
    memory: '41G',
    gres: 'the-gres',
    time: '43',
  };
  // a field that the schema gains is to be tried here too
  expect(Object.keys(asked).sort()).toEqual(Object.keys(Resources.def.innerType.shape).sort());
  const words = resourcesWords(Resources.parse(asked), trans);
  for (const value of Object.values(asked)) expect(words).toContain(String(value).replace(/G$/, ' GB'));
});
