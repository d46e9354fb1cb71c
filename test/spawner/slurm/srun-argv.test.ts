import { describe, expect, test } from '@jest/globals';
import { JobId, Resources } from '@berth/schema';
import fc from 'fast-check';
import { newJobArgv, stepArgv } from '../../../spawner/src/slurm/srun-argv.ts';

const names = { name: 'berth-python-0123456789abcdef', comment: 'berth:0123456789abcdef' };

test('a job of its own: golden argv', () => {
  const resources = Resources.parse({
    partition: 'gpu',
    cpus: 2,
    memory: '4G',
    gres: 'gpu:1',
    time: '1-00:00:00',
  });
  expect(newJobArgv('/usr/bin/srun', resources, names)).toEqual([
    '/usr/bin/srun',
    '--unbuffered',
    '--quiet',
    '--overlap',
    '--nodes=1',
    '--ntasks=1',
    '--cpu-bind=none',
    '--mpi=none',
    '--chdir=/',
    '--job-name=berth-python-0123456789abcdef',
    '--comment=berth:0123456789abcdef',
    '--cpus-per-task=2',
    '--partition=gpu',
    '--gres=gpu:1',
    '--mem=4G',
    '--time=1-00:00:00',
    '--',
  ]);
});

test('a step takes the node`s share of the job and no memory of its own', () => {
  const argv = stepArgv('srun', JobId.parse('77'), 8, names);
  expect(argv).toEqual(expect.arrayContaining(['--overlap', '--jobid=77', '--cpus-per-task=8', '--mem=0']));
  expect(argv.at(-1)).toBe('--');
});

const RESOURCE_KEYS = [
  'partition',
  'account',
  'qos',
  'reservation',
  'constraint',
  'memory',
  'gres',
  'time',
] as const;

/** strings near the border of what is allowed */
const near = fc.string({
  unit: fc.constantFrom(...'aZ09_.:@+-=,()[]&|* \n\0$`;'.split('')),
  minLength: 1,
  maxLength: 20,
});

test('property (T35): whatever the schema admits stays one element, behind its own option', () => {
  fc.assert(
    fc.property(fc.constantFrom(...RESOURCE_KEYS), near, (key, value) => {
      const parsed = Resources.safeParse({ [key]: value });
      if (!parsed.success) return;
      const plain = newJobArgv('srun', Resources.parse({}), names);
      const argv = newJobArgv('srun', parsed.data, names);
      const added = argv.filter((word) => !plain.includes(word));
      const gone = plain.filter((word) => !argv.includes(word));
      expect(added.length).toBeLessThanOrEqual(1);
      expect(gone.length).toBeLessThanOrEqual(1);
      for (const word of added) {
        expect(word.startsWith('--')).toBe(true);
        expect(word.slice(word.indexOf('=') + 1)).toBe(value);
        expect(value.startsWith('-')).toBe(false);
        expect(/[\s\0]/.test(value)).toBe(false);
      }
      expect(argv.filter((word) => word === '--')).toHaveLength(1);
      expect(argv.at(-1)).toBe('--');
    }),
    { numRuns: 2000 },
  );
});

describe('T35: hostile values are refused before there is an argv', () => {
  const hostile = [
    'gpu\n#SBATCH --uid=0',
    '--uid=0',
    '-p',
    '$(touch x)',
    '`touch x`',
    'a b',
    'a;b',
    'a\0b',
    'x'.repeat(5000),
    '',
    'ｇpu',
  ];
  test.each(RESOURCE_KEYS)('%s', (key) => {
    for (const value of hostile) expect(Resources.safeParse({ [key]: value }).success).toBe(false);
  });
  test('cpus, unknown keys', () => {
    for (const cpus of [0, -1, 1.5, '2', NaN, 1e9]) expect(Resources.safeParse({ cpus }).success).toBe(false);
    expect(Resources.safeParse({ uid: '0' }).success).toBe(false);
  });
});
