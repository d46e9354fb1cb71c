import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfigText, configCandidates, loadConfig } from '../../../server/src/cli/config-file.ts';

const problemsOf = (text: string) => {
  const checked = checkConfigText(text);
  return checked.ok ? [] : checked.problems.map(({ line, key, why }) => `${line} ${key}: ${why}`);
};

describe('the text of a configuration', () => {
  test('an empty file is the defaults', () => {
    const checked = checkConfigText('');
    expect(checked.ok && checked.config.kernels.show).toBe(100);
  });

  test('an unknown key is refused with the nearest known one, its path and its line', () => {
    expect(problemsOf('store:\n  path: /x\n  fromat: squashfs\n')).toEqual([
      '3 store.fromat: unknown key (did you mean "format"?)',
    ]);
  });

  test('an unknown key deep in a source or a profile too', () => {
    const text = [
      'sources:',
      '  lab:',
      '    type: registry',
      '    url: https://r.example.org',
      '    repositorys: [a]',
      'profiles:',
      '  big:',
      '    resources:',
      '      memroy: 4G',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      '5 sources.lab.repositorys: unknown key (did you mean "repositories"?)',
      '9 profiles.big.resources.memroy: unknown key (did you mean "memory"?)',
    ]);
  });

  test('a word that is like nothing gets no guess', () => {
    expect(problemsOf('zzzzzzzzzzzz: 1')).toEqual(['1 zzzzzzzzzzzz: unknown key']);
  });

  test('defaultProfile must name a profile', () => {
    expect(problemsOf('profiles: {small: {}}\ndefaultProfile: smal\n')).toEqual([
      '2 defaultProfile: no profile is called "smal" (did you mean "small"?)',
    ]);
  });

  test.each([
    ['sources: {A: {type: registry, url: "https://x.org"}}', /sources\.A: not a valid name/],
    ['sources: {a: {type: bucket}}', /sources\.a\.type: .*registry/],
    ['sources: {a: {type: registry, url: "https://me:secret@x.org"}}', /without user, password/],
    ['sources: {a: {type: registry, url: "file:///etc"}}', /https:\/\/ or http:\/\//],
    ['sources: {a: {type: registry, url: "https://x.org", repositories: ["../x"]}}', /not a repository/],
    ['store: {path: relative}', /an absolute path/],
    ['slurm: {portRange: [2000, 1500]}', /the lower port comes first/],
    ['container: {mounts: [{source: /a/../b, target: /x}]}', /without "\.\."/],
    ['container: {env: {"A=B": x}}', /not a valid name/],
    ['kernels: {show: 0}', /kernels\.show/],
    ['profiles: {a: {resources: {partition: "--uid=0"}}}', /not a valid partition/],
    ['a: 1\na: 2', /unique/],
    ['a: [', /1 /],
    ['store:\n\tpath: /x', /^2 : Tabs are not allowed as indentation$/m],
    ['sources: {a: {type: registri, url: "https://x.org"}}', /^1 sources\.a\.type: must be "registry"$/],
    ['sources: {a: {type: registry}}', /^1 sources\.a\.url: is missing$/],
    ['sources: {a: {type: registry, url: 5}}', /^1 sources\.a\.url: must be a text, not a number$/],
    ['kernels: ', /^1 kernels: is empty; it must be keys with values$/],
    ['slurm: {queryInterval: fast}', /^1 slurm\.queryInterval: must be a number, not a text$/],
    ['slurm: {addresses: 127.0.0.1}', /^1 slurm\.addresses: must be a list, not a text$/],
    ['- 1', /must be keys with values, not a list/],
  ])('%s is refused', (text, why) => {
    expect(problemsOf(text).join('\n')).toMatch(why);
  });

  test('a bomb of aliases is refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x,x,x,x,x,x,x,x,x]' : `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`,
    );
    expect(problemsOf(levels.join('\n'))).toEqual(['1 : too many aliases']);
  });
});

describe('finding the file', () => {
  let home = '';
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'berth-config-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  test('option, then variable, then the user, then the site', () => {
    expect(configCandidates({ option: '/o', variable: '/v', home })).toEqual(['/o']);
    expect(configCandidates({ variable: '/v', home })).toEqual(['/v']);
    expect(configCandidates({ variable: '', home })).toEqual([
      `${home}/.config/berth/config.yaml`,
      '/etc/berth/config.yaml',
    ]);
  });

  test('the user file replaces the site file whole, and ~ is expanded', async () => {
    const site = join(home, 'site.yaml');
    await writeFile(site, 'kernels: {show: 7}\nstore: {path: ~/s}\n');
    expect((await loadConfig({ home, site })).config).toMatchObject({
      kernels: { show: 7, directory: `${home}/.local/share/jupyter/kernels` },
      store: { path: `${home}/s` },
    });
    await mkdir(join(home, '.config/berth'), { recursive: true });
    await writeFile(join(home, '.config/berth/config.yaml'), 'catalog: {workers: 1}\n');
    const { file, config } = await loadConfig({ home, site });
    expect(file).toBe(join(home, '.config/berth/config.yaml'));
    expect(config.kernels.show).toBe(100);
  });

  test('none there, a directory, too long, not valid: each with the name of the file', async () => {
    await expect(loadConfig({ option: `${home}/none`, home })).rejects.toMatchObject({
      code: 'config-missing',
      message: `There is no configuration at ${home}/none.`,
    });
    const file = join(home, 'bad.yaml');
    await writeFile(file, `x: ${'y'.repeat(2 ** 20)}`);
    await expect(loadConfig({ option: file, home })).rejects.toThrow('longer than 1048576 bytes');
    await expect(loadConfig({ option: home, home })).rejects.toThrow('it cannot be read (EISDIR)');
    await writeFile(file, 'store: {pth: /x}\nnode: 3\n');
    await expect(loadConfig({ option: file, home })).rejects.toThrow(
      `The configuration ${file} is not valid: line 1: store.pth: unknown key (did you mean "path"?) (and 1 more).`,
    );
    await chmod(file, 0o600);
  });
});
