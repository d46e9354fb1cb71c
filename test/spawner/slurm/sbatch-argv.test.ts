import { describe, expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import fc from 'fast-check';
import { sbatchArgv, submittedJob, type BatchAsk } from '../../../spawner/src/slurm/sbatch-argv.ts';

const ask: BatchAsk = {
  name: 'nb-fit',
  comment: 'berth-job:0123456789abcdef',
  resources: Resources.parse({ cpus: 2, memory: '4G', gres: 'gpu:1', time: '90' }),
  directory: '/home/alice/my jobs/$(id)',
  output: 'slurm-%a.out',
  array: { count: 12, atOnce: 3 },
  requeue: true,
  script: '/opt/berth/lib/berth-batch.sh',
  args: ['/opt/berth/bin/python3', '/opt/berth/lib/berth_notebook.py'],
};

test('golden argv', () => {
  expect(sbatchArgv('/usr/bin/sbatch', ask)).toEqual([
    '/usr/bin/sbatch',
    '--parsable',
    '--nodes=1',
    '--ntasks=1',
    '--open-mode=append',
    '--input=/dev/null',
    '--export=ALL',
    '--job-name=nb-fit',
    '--comment=berth-job:0123456789abcdef',
    '--chdir=/home/alice/my jobs/$(id)',
    '--output=slurm-%a.out',
    '--requeue',
    '--array=0-11%3',
    '--cpus-per-task=2',
    '--gres=gpu:1',
    '--mem=4G',
    '--time=90',
    '/opt/berth/lib/berth-batch.sh',
    '/opt/berth/bin/python3',
    '/opt/berth/lib/berth_notebook.py',
  ]);
});

test('one job that must not begin anew', () => {
  const { array: _, ...single } = ask;
  const argv = sbatchArgv('sbatch', { ...single, requeue: false });
  expect(argv).toContain('--no-requeue');
  expect(argv.some((word) => word.startsWith('--array'))).toBe(false);
});

test.each(['/etc/passwd', '../x', 'a b', '%u.out', 'a\n', '%', '\\x', ''])(
  'an output that Slurm would read otherwise is refused: %j',
  (output) => expect(() => sbatchArgv('sbatch', { ...ask, output })).toThrow('not a name'),
);
test.each([{ script: 'x.sh' }, { directory: 'x' }])('only absolute paths: %j', (part) =>
  expect(() => sbatchArgv('sbatch', { ...ask, ...part })).toThrow('absolute'),
);

test('property: whatever the values are, the words before the script are options, one word each (T35)', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aZ0 \n\0$`;-#%='.split('')), maxLength: 30 });
  fc.assert(
    fc.property(text, text, fc.array(text), (directory, name, args) => {
      const argv = sbatchArgv('sbatch', { ...ask, directory: `/${directory}`, name, args });
      const at = argv.indexOf(ask.script);
      expect(argv.slice(1, at).every((word) => word.startsWith('--'))).toBe(true);
      expect(argv.slice(at + 1)).toEqual(args);
    }),
  );
});

describe('the answer', () => {
  test.each([
    ['42\n', '42'],
    ['42;berth\n', '42'],
    ['Submitted batch job 42', undefined],
    ['', undefined],
    ['-1', undefined],
  ])('%j', (stdout, jobId) => expect(submittedJob(stdout)).toBe(jobId));
});
