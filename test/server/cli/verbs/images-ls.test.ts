/** What images and kernels there are, as people and programs are told, from a real registry. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ownRegistry, type OwnRegistry } from '../../../images/own-registry.ts';
import { SPEC } from '../../catalog/image-of.ts';
import { pushImage, pushImageSaying } from '../../catalog/push-image.ts';
import { startBerth } from '../start-berth.ts';

let registry: OwnRegistry;
let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-verbs-'));
  registry = await ownRegistry();
  const python = [
    { path: 'usr/bin/python3.11', content: '#!', mode: 0o755 },
    { path: 'usr/bin/python3', type: 'symlink', target: 'python3.11' },
  ] as const;
  await pushImage(registry.host, 'with', '1', [
    ...python,
    { path: 'usr/lib/python3/dist-packages/ipykernel_launcher.py', content: '' },
    { path: 'usr/share/jupyter/kernels/python3/kernel.json', content: SPEC },
  ]);
  await pushImage(registry.host, 'without', '1', [...python]);
  await writeFile(
    join(home, 'config.yaml'),
    `sources: {lab: {type: registry, url: "http://${registry.host}"}}\nslurm: {binDirectory: /nonexistent}\n`,
  );
});
afterAll(async () => {
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

const berth = (...args: readonly string[]) =>
  startBerth([...args, '--config', join(home, 'config.yaml')], { HOME: home }).ended;

describe('images ls', () => {
  test('as a table: each image and its kernels', async () => {
    const { status, stdout } = await berth('images', 'ls');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^lab\/with:1 .*\bPython 3\.11$/m);
    expect(stdout).toMatch(/^lab\/without:1 .* -$/m);
  });
  test('as JSON', async () => {
    const listed = JSON.parse((await berth('images', 'ls', '--json')).stdout) as unknown[];
    expect(listed).toHaveLength(2);
  });
});

describe('images ready', () => {
  test('made once, and told as people and the gate read it', async () => {
    const { status, stdout, stderr } = await berth('images', 'ready', '--quiet', 'lab/with:1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [name, path = ''] = stdout.split('\n');
    expect(name).toMatch(/^lab\/with:1@sha256:[0-9a-f]{64}$/);
    const { ino } = await stat(path);
    const words = await berth('images', 'ready', '--words', 'lab/with:1');
    const [store, format, where, environment, ...more] = words.stdout.split('\0');
    expect([store, format, where, more]).toEqual([
      join(home, '.local/share/berth/store'),
      'squashfs',
      path,
      [''],
    ]);
    expect(environment).toMatch(/^PATH='\/run\/berth\/bin:/m);
    expect(environment).toContain(`HOME='${userInfo().homedir}'\n`);
    expect((await stat(path)).ino).toBe(ino);
  });
  test.each([
    ['lab/nothing:1', 'lab/nothing:1'],
    ['other/with:1', 'other'],
    ['no name', 'no name'],
  ])('%s: a failure, and no word', async (name, says) => {
    const { status, stdout, stderr } = await berth('images', 'ready', '--words', name);
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr.toLowerCase()).toContain(says);
  });
});

describe('images show', () => {
  test('a kernel with the file and the layer that show it', async () => {
    const { status, stdout } = await berth('images', 'show', 'lab/with:1');
    expect(status).toBe(0);
    expect(stdout).toMatch(/kernels\n {2}.*id python3/);
    expect(stdout).toMatch(/usr\/share\/jupyter\/kernels\/python3\/kernel\.json in layer [0-9a-f]{12}/);
  });
  test('none: which Python was seen and what it lacks', async () => {
    expect((await berth('images', 'show', 'lab/without:1')).stdout).toMatch(
      /no kernel\n.*Python 3\.11 in \/usr has no ipykernel/,
    );
  });
  test('as JSON, and an image that is not there', async () => {
    const shown = JSON.parse((await berth('images', 'show', 'lab/with:1', '--json')).stdout) as object;
    expect(shown).toMatchObject({ kernels: [{ id: 'python3' }] });
    await berth('images', 'ls');
    for (const name of ['lab/with:2', 'lab/tests/course/with:1'])
      expect(await berth('images', 'show', name)).toMatchObject({
        status: 66,
        stderr: expect.stringContaining(`There is no image ${name} (did you mean "lab/with:1"?)`),
      });
  });
});

describe('an image that writes escape sequences and lines of its own (T24, T34)', () => {
  const EVIL = 'x\u001b[2J\u009b2J\u202e\nberth: forged';
  // DEL and C1 too: in UTF-8 some terminals obey them
  const obeyed = /(?!\n)[\p{Cc}\u202a-\u202e]/u;
  beforeAll(() =>
    pushImageSaying(registry.host, 'evil', '1', { created: EVIL, architecture: 'amd64', variant: EVIL }, [
      { path: `usr/share/jupyter/kernels/${EVIL}/kernel.json`, content: '{' },
      {
        path: 'usr/share/jupyter/kernels/odd/kernel.json',
        content: JSON.stringify({ argv: ['/bin/sh', EVIL], display_name: EVIL, language: EVIL }),
      },
      { path: 'bin/sh', content: '#!', mode: 0o755 },
    ]),
  );

  test.each([
    ['images', 'ls'],
    ['images', 'show', 'lab/evil:1'],
    ['images', 'show', 'lab/evil:1', '--json'],
    ['kernels', 'ls'],
    ['kernels', 'ls', '--json'],
  ])('%s %s %s %s: none reaches the terminal', async (...args) => {
    const { stdout, stderr } = await berth(...args.filter((arg) => arg !== undefined));
    const all = `${stdout}\n${stderr}`;
    expect(all).toContain('forged');
    expect(all).not.toMatch(obeyed);
    expect(all).not.toMatch(/^berth: forged/m);
  });
});

test('kernels ls tells which are written; sync writes them', async () => {
  expect((await berth('kernels', 'ls')).stdout).toMatch(/lab\/with:1 +no /);
  expect(await berth('kernels', 'sync')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^1 written/),
  });
  const listed = JSON.parse((await berth('kernels', 'ls', '--json')).stdout) as unknown[];
  expect(listed).toMatchObject([{ image: 'lab/with:1', kernel: 'python3', written: true }]);
});
