import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinedLines } from '../../../extension/src/jobs/joined-lines.ts';
import { venvProgram } from '../../jupyter/venv.ts';

const text = fc.oneof(fc.string(), fc.array(fc.constantFrom('a\n', 'b, c\n', '', 'é'), { maxLength: 3 }));
const bundle = fc.dictionary(
  fc.constantFrom('text/plain', 'image/svg+xml', 'application/json', 'application/geo+json', 'application/x'),
  text,
  { noNullPrototype: true },
);
const output = fc.oneof(
  fc.record({ output_type: fc.constant('stream'), name: fc.constant('stdout'), text }),
  fc.record({ output_type: fc.constantFrom('display_data', 'execute_result'), data: bundle }),
  fc.record({ output_type: fc.constant('error'), traceback: fc.array(fc.string(), { maxLength: 2 }) }),
);
const cell = fc.oneof(
  fc.record({ cell_type: fc.constant('code'), source: text, outputs: fc.array(output, { maxLength: 3 }) }),
  fc.record(
    {
      cell_type: fc.constant('markdown'),
      source: text,
      attachments: fc.dictionary(fc.constantFrom('a.png', 'b'), bundle, { noNullPrototype: true }),
    },
    { requiredKeys: ['cell_type', 'source'] },
  ),
);

test('what nbformat itself makes of a file', () => {
  const notebooks = fc.sample(fc.record({ cells: fc.array(cell, { maxLength: 4 }) }), 300);
  const program = [
    'import json, sys',
    'from nbformat import from_dict',
    'from nbformat.v4.rwbase import rejoin_lines',
    'print(json.dumps([rejoin_lines(from_dict(one)) for one in json.load(sys.stdin)]))',
  ].join('\n');
  const said = execFileSync(venvProgram('python3'), ['-c', program], {
    input: JSON.stringify(notebooks),
    encoding: 'utf8',
  });
  expect(notebooks.map((notebook) => joinedLines(notebook))).toEqual(JSON.parse(said));
});

test('what makes no sense stays as it is', () => {
  const odd = {
    cells: [
      { cell_type: 'code', source: 5, outputs: null, attachments: ['x'] },
      { cell_type: 'code', outputs: [null, 7, { text: ['a', 1], data: 'x' }], attachments: { a: null } },
    ],
  };
  expect(joinedLines(odd)).toEqual(odd);
});
