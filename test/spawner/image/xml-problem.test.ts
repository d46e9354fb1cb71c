import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { xmlProblem } from '../../../spawner/src/image/xml-problem.ts';
import { cpuMs } from './cpu-ms.ts';

test.each([
  ['', undefined],
  ['<?xml version="1.0"?><A xmlns="x"><B/><C>text</C></A>', undefined],
  ['<A>&lt;!DOCTYPE</A>', undefined],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'an XML answer with declarations'],
  ['<a><![CDATA[<b>]]></a>', 'an XML answer with declarations'],
  ['<a><!-- </a> --></a>', 'an XML answer with declarations'],
  ['<a>'.repeat(16), undefined],
  ['<a>'.repeat(17), 'an XML answer nested deeper than 16'],
  ['<a/>'.repeat(25_000), undefined],
  ['<a><b', 'an XML answer with a tag that does not end'],
  ['<a/>'.repeat(25_001), 'an XML answer of more than 25000 tags'],
])('%#', (text, expected) => {
  expect(xmlProblem(text)).toBe(expected);
});

test('T26: what passes is neither deep nor wide, whatever it is', () => {
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<a/>',
    '<?x?>',
    'text',
    '<',
    '>',
    '/',
    '"',
    '<a b="',
    '<b c="/">',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const text = pieces.join('');
      const opened = (text.match(/<[^!?/]/g) ?? []).length;
      if (xmlProblem(text) === undefined || opened > 16) return;
      if (text.lastIndexOf('<') > text.lastIndexOf('>')) return;
      throw new Error('refused without a reason');
    }),
  );
});

test('linear in the text: 4 MiB of anything in a blink', async () => {
  for (const text of [
    '<'.repeat(4 << 20),
    '<a '.repeat(1 << 20),
    'x'.repeat(4 << 20),
    '<a>'.repeat(1 << 20),
    `é${'<a</'.repeat(12_000)}${'x'.repeat(4 << 20)}`,
    `${'<a</'.repeat(12_000)}${'x'.repeat(4 << 20)}>`,
  ]) {
    expect(await cpuMs(() => xmlProblem(text))).toBeLessThan(200);
  }
});
