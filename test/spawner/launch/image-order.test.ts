import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { NodePlan } from '@berth/schema';
import { writeImageOrder } from '../../../spawner/src/launch/image-order.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { inDirectory, launchRecord } from './launch-fixture.ts';

const run = promisify(execFile);
const planIn = (path: string, env = {}): NodePlan =>
  planLaunch(launchRecord({ store: { path } }), {
    launchId: '0123456789abcdef',
    env,
    cwd: '/',
    person: { name: 'me', uid: 1000, home: '/home/me', shell: '/bin/sh' },
    addresses: [],
  }).node;

test('one that is there as it would be written is kept, and young again; any other is written anew', () =>
  inDirectory(async (store) => {
    const path = await writeImageOrder(planIn(store));
    const { ino, mode } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    const bytes = await readFile(path);
    await utimes(path, 1, 1);
    expect(await writeImageOrder(planIn(store))).toBe(path);
    expect((await stat(path)).ino).toBe(ino);
    expect((await stat(path)).mtimeMs).toBeGreaterThan(1000);
    for (const spoil of [() => writeFile(path, 'other'), () => chmod(path, 0o644)]) {
      await spoil();
      expect(await writeImageOrder(planIn(store))).toBe(path);
      expect(await readFile(path)).toEqual(bytes);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    expect(await readdir(join(store, 'orders'))).toHaveLength(1);
  }));

test('one for whatever client: which variables it has passed is no matter of how the image is entered', () =>
  inDirectory(async (store) => {
    const path = await writeImageOrder(planIn(store));
    // just as it is without it
    const [one, other] = [planIn(store), planIn(store, { LANG: 'C.UTF-8' })];
    expect([one, other].map(({ container }) => container.passed)).toEqual([[], ['LANG']]);
    expect(await writeImageOrder(other)).toBe(path);
  }));

/** In a process that may write no file longer than that. */
const WRITE = `
const { writeImageOrder } = await import(process.argv[1]);
await writeImageOrder(JSON.parse(process.argv[2])).then(console.log, (error) => console.log(error.name, error.code));`;

test('where it cannot be written: a failure, nothing is left, and one from before does', () =>
  inDirectory(async (store) => {
    const source = join(import.meta.dirname, '../../../spawner/src/launch/image-order.ts');
    const words = ['--fsize=100', process.execPath, '--conditions=berth-source', '-e', WRITE, source];
    const written = () => run('prlimit', [...words, JSON.stringify(planIn(store))]);
    expect((await written()).stdout).toBe('Failure rootfs-failed\n');
    expect(await readdir(join(store, 'orders'))).toEqual([]);
    const path = await writeImageOrder(planIn(store));
    expect((await written()).stdout).toBe(`${path}\n`);
  }));

test('a store in which no directory can be made: a failure, too', () =>
  inDirectory(async (store) => {
    await mkdir(join(store, 'file'));
    await writeFile(join(store, 'file', 'orders'), '');
    await expect(writeImageOrder(planIn(join(store, 'file')))).rejects.toMatchObject({
      code: 'rootfs-failed',
    });
  }));
