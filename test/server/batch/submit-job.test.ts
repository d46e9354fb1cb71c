import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import fc from 'fast-check';
import { jobNameOf, submitAgain, submitNotebook } from '../../../server/src/batch/submit-job.ts';
import { idOf, jobWorld, KERNEL, type JobWorld } from './job-fixture.ts';

let world: JobWorld;
beforeEach(async () => {
  world = await jobWorld();
});
afterEach(() => world.down());

const submitted = (): readonly string[] => world.ran.find(([command]) => command?.endsWith('sbatch')) ?? [];

test('a copy of all that it needs, then the job, then its number', async () => {
  const file = await world.notebook('fit it.ipynb');
  const { jobId, record } = await submitNotebook(
    { id: idOf(1), file, parameters: { a: '1' } },
    world.context,
  );
  expect([jobId, record.resources]).toEqual(['77', { cpus: 2, memory: '3G', time: '45' }]);
  const paths = world.store.paths(idOf(1));
  expect(submitted()).toEqual([
    '/opt/slurm/bin/sbatch',
    '--parsable',
    '--nodes=1',
    '--ntasks=1',
    '--open-mode=append',
    '--input=/dev/null',
    '--export=ALL',
    '--job-name=nb-fit-it',
    `--comment=berth-job:${idOf(1)}`,
    `--chdir=${paths.root}`,
    '--output=slurm.out',
    '--requeue',
    '--cpus-per-task=2',
    '--mem=3G',
    '--time=45',
    '/opt/berth/lib/berth-batch.sh',
    '/opt/berth/bin/python3',
    '/opt/berth/lib/berth_notebook.py',
  ]);
  expect(await readFile(paths.notebook)).toEqual(await readFile(file));
  expect(JSON.parse(await readFile(paths.parameters, 'utf8'))).toEqual([{ a: '1' }]);
  const spec = JSON.parse(await readFile(join(paths.kernelSpec, KERNEL, 'kernel.json'), 'utf8')) as {
    argv: string[];
  };
  expect(spec.argv[2]).toBe(join(paths.kernelSpec, KERNEL));
  // what the site lets through, and nothing else
  expect(record.run.env).toEqual({ TZ: 'Europe/Paris' });
  expect(await world.store.read(idOf(1))).toMatchObject({ slurm: { jobId: '77' } });
});

test('resources: asked for, else chosen before, else the kernel`s', async () => {
  const file = await world.notebook('a.ipynb');
  const wish = Resources.parse({ cpus: 7 });
  const context = { ...world.context, wished: () => Promise.resolve(wish) };
  const chosen = await submitNotebook({ id: idOf(1), file, parameters: {} }, context);
  expect(chosen.record.resources).toEqual(wish);
  const asked = Resources.parse({ cpus: 9 });
  const said = await submitNotebook({ id: idOf(2), file, parameters: {}, resources: asked }, context);
  expect(said.record.resources).toEqual(asked);
});

test('a sweep is a job array, each row with the common parameters', async () => {
  const file = await world.notebook('a.ipynb');
  const sweep = join(world.directory, 's.csv');
  await writeFile(sweep, 'n\n1\n2\n3\n');
  const order = { id: idOf(1), file, parameters: { a: 'x' }, sweep: { file: sweep, name: 's.csv' } };
  await submitNotebook(order, world.context);
  expect(submitted()).toEqual(expect.arrayContaining(['--array=0-2', '--output=slurm-%a.out']));
  expect(await world.store.parameters(idOf(1))).toEqual([1, 2, 3].map((n) => ({ a: 'x', n: String(n) })));
  const twice = submitNotebook({ ...order, id: idOf(2), parameters: { n: '0' } }, world.context);
  await expect(twice).rejects.toMatchObject({ code: 'sweep-invalid' });
});

test('submitted again it is another job of the same copies, whatever has become of the originals', async () => {
  const file = await world.notebook('a.ipynb');
  await submitNotebook({ id: idOf(1), file, parameters: { a: '1' } }, world.context);
  const before = await readFile(file);
  await writeFile(file, '{}');
  await submitAgain(idOf(1), idOf(2), world.context);
  const paths = world.store.paths(idOf(2));
  expect(await readFile(paths.notebook)).toEqual(before);
  const spec = JSON.parse(await readFile(join(paths.kernelSpec, KERNEL, 'kernel.json'), 'utf8')) as {
    argv: string[];
  };
  expect(spec.argv[2]).toBe(join(paths.kernelSpec, KERNEL));
  await expect(submitAgain(idOf(9), idOf(3), world.context)).rejects.toMatchObject({ code: 'job-unknown' });
  // of copies that are damaged, or not there any more, it is said so
  await writeFile(join(paths.kernelSpec, KERNEL, 'kernel.json'), '{"half');
  await expect(submitAgain(idOf(2), idOf(3), world.context)).rejects.toMatchObject({
    code: 'kernel-not-offered',
  });
  await rm(paths.kernelSpec, { recursive: true });
  await expect(submitAgain(idOf(2), idOf(3), world.context)).rejects.toMatchObject({ code: 'job-unknown' });
});

describe('nothing is left of what Slurm refuses; what it did not answer may be there', () => {
  test.each([
    ['Batch job submission failed: Invalid qos specification', 'slurm-refused', 0],
    ['Unable to contact slurm controller', 'slurm-unreachable', 1],
  ])('%s', async (said, code, left) => {
    const file = await world.notebook('a.ipynb');
    world.answer({ status: 1, stderr: `sbatch: error: ${said}\n` });
    await expect(submitNotebook({ id: idOf(1), file, parameters: {} }, world.context)).rejects.toMatchObject({
      code,
    });
    expect(await world.store.ids()).toHaveLength(left);
  });
});

describe('refused before anything is made', () => {
  test.each([
    ['nothing.ipynb', '', 'notebook-unreadable', 'there is no such file'],
    ['text.ipynb', 'text', 'notebook-unreadable', 'nbformat 4'],
    ['old.ipynb', '{"nbformat":3,"worksheets":[]}', 'notebook-unreadable', 'nbformat 4'],
    ['none.ipynb', '{"nbformat":4,"cells":[],"metadata":{}}', 'kernel-not-named', 'which kernel'],
    [
      'other.ipynb',
      '{"nbformat":4,"cells":[],"metadata":{"kernelspec":{"name":"python3"}}}',
      'kernel-not-offered',
      'python3',
    ],
    [
      'climbing.ipynb',
      '{"nbformat":4,"cells":[],"metadata":{"kernelspec":{"name":"../../etc"}}}',
      'kernel-not-named',
      '',
    ],
  ])('%s: %s', async (name, text, code, words) => {
    const file = join(world.directory, name);
    if (text !== '') await writeFile(file, text);
    const failed = submitNotebook({ id: idOf(1), file, parameters: {} }, world.context);
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect([await world.store.ids(), world.ran]).toEqual([[], []]);
  });
  test('parameters of a language in which papermill can set none', async () => {
    const file = await world.notebook('a.ipynb');
    const spec = join(world.directory, 'kernels', KERNEL, 'kernel.json');
    const text = await readFile(spec, 'utf8');
    await writeFile(spec, text.replace('"language":"python"', '"language":"octave"'));
    const failed = submitNotebook({ id: idOf(1), file, parameters: { a: '1' } }, world.context);
    await expect(failed).rejects.toMatchObject({
      code: 'parameter-invalid',
      message: expect.stringContaining('octave'),
    });
    await submitNotebook({ id: idOf(1), file, parameters: {} }, world.context);
  });
  test('a sweep that repeats too much for each of its runs', async () => {
    const file = await world.notebook('a.ipynb');
    const sweep = { file: join(world.directory, 's.csv'), name: 's.csv' };
    await writeFile(sweep.file, `n\n${Array.from({ length: 10_000 }, (_, n) => `${n}\n`).join('')}`);
    const submit = (length: number) =>
      submitNotebook({ id: idOf(1), file, parameters: { s: 'x'.repeat(length) }, sweep }, world.context);
    await expect(submit(2000)).rejects.toMatchObject({ code: 'sweep-invalid' });
    expect(await world.store.ids()).toEqual([]);
    await submit(1000);
    // what was written is read again
    expect(await world.store.parameters(idOf(1))).toHaveLength(10_000);
  });
  test.each([
    [
      {
        status: 1,
        stderr:
          'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n',
      },
      [],
    ],
    [
      {
        status: 1,
        stderr: 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n',
      },
      [idOf(1)],
    ],
    [{ status: null }, [idOf(1)]],
  ])('Slurm does not answer (F1, F11): %j leaves %j', async (answer, left) => {
    const file = await world.notebook('a.ipynb');
    world.answer(answer);
    const failed = submitNotebook({ id: idOf(1), file, parameters: {} }, world.context);
    await expect(failed).rejects.toMatchObject({ code: 'slurm-unreachable' });
    expect(await world.store.ids()).toEqual(left);
  });
  test('no Python with papermill', async () => {
    const file = await world.notebook('a.ipynb');
    const run = () => Promise.resolve({ status: 1, signal: null, stdout: '', stderr: '' });
    const failed = submitNotebook({ id: idOf(1), file, parameters: {} }, { ...world.context, run });
    await expect(failed).rejects.toMatchObject({ code: 'papermill-missing' });
    expect(await world.store.ids()).toEqual([]);
  });
  test('a place of jobs that is a link to another, or that others may write (T41)', async () => {
    const file = await world.notebook('a.ipynb');
    const state = join(world.directory, 'state');
    await mkdir(join(world.directory, 'elsewhere'));
    await mkdir(state);
    await symlink(join(world.directory, 'elsewhere'), join(state, 'jobs'));
    const submit = () => submitNotebook({ id: idOf(1), file, parameters: {} }, world.context);
    await expect(submit()).rejects.toMatchObject({ code: 'job-not-kept' });
    await rm(join(state, 'jobs'));
    await mkdir(join(state, 'jobs'));
    await chmod(join(state, 'jobs'), 0o777);
    await expect(submit()).rejects.toMatchObject({ code: 'job-not-kept' });
    await chmod(join(state, 'jobs'), 0o700);
    await submit();
    expect(await readdir(join(world.directory, 'elsewhere'))).toEqual([]);
  });
});

test('property: a job`s name is harmless, whatever the notebook is called (T35)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(jobNameOf(`/home/${name}.ipynb`)).toMatch(/^nb-[A-Za-z0-9._-]{0,40}$/);
    }),
  );
});
