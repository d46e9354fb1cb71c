import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RunCommand } from '@berth/spawner/slurm';
import { findPython } from '../../../server/src/batch/find-python.ts';

const having = (...pythons: readonly string[]): RunCommand => {
  return ([command = '']) =>
    command === '/missing/python3'
      ? Promise.reject(new Error('ENOENT'))
      : Promise.resolve({ status: pythons.includes(command) ? 0 : 1, signal: null, stdout: '', stderr: '' });
};

test('that of Berth`s own prefix comes first, then PATH', async () => {
  const path = '/missing:relative:/a:/b:';
  const run = having('/opt/berth/bin/python3', '/b/python3');
  expect(await findPython(run, '/opt/berth/bin/berth', path)).toBe('/opt/berth/bin/python3');
  expect(await findPython(run, '/other/bin/berth', path)).toBe('/b/python3');
});
test('a directory of that name is no papermill, nor what lies where one is; a package is', async () => {
  const here = await mkdtemp(join(tmpdir(), 'berth-papermill-'));
  try {
    const bin = join(here, 'bin');
    await mkdir(join(here, 'papermill'));
    await mkdir(join(here, 'site/papermill'), { recursive: true });
    // a real Python, which knows of no other place
    const asking =
      (place: string): RunCommand =>
      ([, ...args]) => {
        const { status } = spawnSync('python3', ['-S', ...args], {
          cwd: here,
          env: { PATH: process.env['PATH'], PYTHONPATH: place },
        });
        return Promise.resolve({ status, signal: null, stdout: '', stderr: '' });
      };
    const find = (place: string) => findPython(asking(place), join(bin, 'berth'), undefined);
    await expect(find('')).rejects.toMatchObject({ code: 'papermill-missing' });
    await expect(find(join(here, 'site'))).rejects.toMatchObject({ code: 'papermill-missing' });
    // also none: where the person stands is not where the job will be
    await writeFile(join(here, 'papermill/__init__.py'), '');
    await expect(find('')).rejects.toMatchObject({ code: 'papermill-missing' });
    await writeFile(join(here, 'site/papermill/__init__.py'), '');
    expect(await find(join(here, 'site'))).toBe(join(bin, 'python3'));
  } finally {
    await rm(here, { recursive: true, force: true });
  }
});
test('none', async () => {
  await expect(findPython(having(), '/opt/berth/bin/berth', undefined)).rejects.toMatchObject({
    code: 'papermill-missing',
    message: expect.stringContaining('/opt/berth/bin/python3'),
  });
});
