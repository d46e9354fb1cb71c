import { describe, expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { ToLauncherLine } from '@berth/schema/rest';
import fc from 'fast-check';
import { readServerLine } from '../../../spawner/src/launch/server-lines.ts';

const resources = Resources.parse({
  partition: 'gpu',
  account: 'lab',
  qos: 'high',
  reservation: 'r1',
  constraint: 'a100&(x|y)',
  gres: 'gpu:a100:2,shm:1',
  cpus: 8,
  memory: '64G',
  time: '1-00:00:00',
});
const allocation = {
  jobId: '7',
  state: 'PENDING',
  reason: 'Resources',
  nodes: '',
  partition: 'main',
  cpus: 2,
};
const lines = [
  { type: 'go' },
  { type: 'go', resources },
  { type: 'asking', resources: Resources.parse({}) },
  { type: 'refuse', sentence: 'No.' },
  { type: 'refuse', sentence: 'No.', hint: 'Ask.' },
  { type: 'queue', allocation: { ...allocation, estimatedStart: '2026-11-21T04:00:00Z' } },
  { type: 'queue', allocation },
  { type: 'cancel' },
];

test.each(lines)('read as the schema reads it: %j', (line) => {
  expect(readServerLine(JSON.stringify(line))).toEqual(ToLauncherLine.parse(line));
});
test('every kind of line of the schema is among them', () => {
  const kinds = ToLauncherLine.def.options.map((option) => [...option.shape.type._zod.values][0]);
  expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(kinds));
});

describe('what is not in order is none', () => {
  test.each([
    '',
    '{',
    'null',
    '[]',
    '7',
    '{"type":"stop"}',
    '{"type":"go","resources":{}}',
    '{"type":"refuse"}',
    '{"type":"refuse","sentence":7}',
    '{"type":"queue","allocation":{"jobId":"--all"}}',
    '{"type":"queue"}',
  ])('%s', (text) => expect(readServerLine(text)).toBeUndefined());
  // what would become part of srun's argv (T35)
  test.each([
    ['memory', '--uid=0'],
    ['partition', 'a b'],
    ['partition', 'a\n#SBATCH'],
    ['account', ''],
    ['gres', 'x'.repeat(300)],
    ['time', 60],
    ['cpus', 0],
    ['cpus', 1.5],
    ['cpus', '8'],
    ['cpus', 1e9],
  ] as const)('resources with %s %j', (key, value) => {
    const line = JSON.stringify({ type: 'go', resources: { ...resources, [key]: value } });
    expect(readServerLine(line)).toBeUndefined();
  });
  test('a key that is not known does not come through', () => {
    const line = JSON.stringify({ type: 'go', resources: { ...resources, uid: '0' } });
    expect(readServerLine(line)).toEqual({ type: 'go', resources });
  });
  test('property: total', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((v) => JSON.stringify({ type: 'go', resources: v })),
        ),
        (text) => {
          readServerLine(text);
        },
      ),
    );
  });
});
