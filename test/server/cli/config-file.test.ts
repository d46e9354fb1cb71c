import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type SchemaNode } from '../../../server/src/cli/config-keys.ts';
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
    [
      'sources: {a: {type: bucket}}',
      /^1 sources\.a\.endpoints: is missing\n1 sources\.a\.bucket: is missing$/,
    ],
    ['sources: {a: {type: bucket, bucket: b, endpoints: ["https://key:secret@x.org"]}}', /a host alone/],
    ['sources: {a: {type: bucket, bucket: b, endpoints: ["https://x.org/b"]}}', /a host alone/],
    ['sources: {a: {type: bucket, bucket: ../b, endpoints: ["https://x.org"]}}', /sources\.a\.bucket: /],
    [
      'sources: {a: {type: bucket, bucket: bbb, prefix: a/../b, endpoints: ["https://x.org"]}}',
      /a\.prefix: /,
    ],
    ['sources: {a: {type: bucket, bucket: bbb, url: "https://x.org"}}', /url/],
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
    [
      'sources: {a: {type: registri, url: "https://x.org"}}',
      /^1 sources\.a\.type: must be "registry" or "bucket"$/,
    ],
    ['sources: {a: {type: registry}}', /^1 sources\.a\.url: is missing$/],
    [
      'sources: {a: {type: registry, url: 5}}',
      /^1 sources\.a\.url: must be a text, not a number; write it in quotes: "5"$/,
    ],
    [
      'profiles: {a: {resources: {time: 240}}}',
      /time: must be a text, not a number; write it in quotes: "240"$/,
    ],
    ['container: {env: {A: 1.10}}', /A: must be a text, not a number; write it in quotes: "1\.10"$/],
    ['container: {env: {A: true}}', /A: must be a text, not true or false; write it in quotes: "true"$/],
    ['kernels: ', /^1 kernels: is empty; it must be keys with values$/],
    ['slurm: {queryInterval: fast}', /^1 slurm\.queryInterval: must be a number, not a text$/],
    ['slurm: {addresses: 127.0.0.1}', /^1 slurm\.addresses: must be a list, not a text$/],
    ['limits: {jsonDepth: .inf}', /^1 limits\.jsonDepth: must be a .*number, not Infinity$/],
    ['slurm: {queryInterval: .nan}', /^1 slurm\.queryInterval: must be a number, not NaN$/],
    ['kernels: {show: 1.5}', /^1 kernels\.show: must be a whole number, not 1\.5$/],
    ['kernels: {show: 1000000}', /^1 kernels\.show: must be at most 100000$/],
    ['slurm: {queryInterval: 1e-9}', /^1 slurm\.queryInterval: must be at least 1$/],
    ['restartGuard: 3000000', /^1 restartGuard: must be at most 86400$/],
    ['catalog: {workers: 1e9}', /^1 catalog\.workers: must be at most 256$/],
    ['slurm: {addresses: [host]}', /^1 slurm\.addresses\.0: an IPv4 or IPv6 address, not a name$/],
    ['slurm: {portRange: [2000]}', /^1 slurm\.portRange: must have at least 2 entries$/],
    ['store: {path: "/a\\0b"}', /without "\.\.", ":" and line ends/],
    ['store: {path: "/a\\nb"}', /without "\.\.", ":" and line ends/],
    ['kernels: {directory: ~/a:b}', /without "\.\.", ":" and line ends/],
    ['slurm: {binDirectory: /usr/../bin}', /without "\.\.", ":" and line ends/],
    ['node: {chRun: bin/ch-run}', /a program on PATH, or an absolute path/],
    ['node: {chRun: "ch-run\\0"}', /a program on PATH, or an absolute path/],
    ['container: {env: {A: "a\\nb"}}', /^1 container\.env\.A: a text without line ends/],
    ['container: {env: {A: "a\\0b"}}', /^1 container\.env\.A: a text without line ends/],
    ['- 1', /must be keys with values, not a list/],
  ])('%s is refused', (text, why) => {
    expect(problemsOf(text).join('\n')).toMatch(why);
  });

  test('a bomb of aliases is refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x,x,x,x,x,x,x,x,x]' : `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`,
    );
    expect(problemsOf(levels.join('\n'))).toEqual(['1 : too many aliases']);
    expect(problemsOf(`a: &a 1\nb: [${'*a,'.repeat(100_000)}]`)).toEqual(['2 : too many aliases']);
  });

  test('an alias that stands for nothing is told as that', () => {
    expect(problemsOf('kernels: {show: 1}\nstore: *x')).toEqual([
      '2 : "*x" stands for nothing: there is no "&x" before it',
    ]);
  });

  test.each([
    ['[', ']'],
    ['- ', ''],
    ['{a: ', '}'],
  ])('nesting by "%s" is told, not suffered', (open, close) => {
    expect(problemsOf(`a:\n  ${open.repeat(100)}${close.repeat(100)}`)).toEqual([
      '2 : it is nested too deeply',
    ]);
    expect(problemsOf(`a:\n  ${open.repeat(5000)}${close.repeat(5000)}`)).toEqual([
      '2 : it is nested too deeply',
    ]);
  });

  test('two documents are told in words for people', () => {
    expect(problemsOf('kernels: {show: 1}\n---\nstore: {}')).toEqual([
      '2 : a second document begins here; a configuration is one',
    ]);
  });

  test.each([
    'sources:\n  __proto__: {type: registry, url: "https://x.org"}',
    'profiles:\n  "__proto__": {}',
    'container:\n  env: {__proto__: x}',
    '\n__proto__: {store: {path: /x}}',
  ])('a name that would vanish in an object is refused: %j', (text) => {
    expect(problemsOf(text)).toEqual(['2 __proto__: not a valid name']);
  });

  test('a key that is no text is refused', () => {
    expect(problemsOf('? {a: 1}\n: 2')).toEqual(['1 : a key must be a text']);
    expect(problemsOf('? '.repeat(100))).toEqual(['1 : a key must be a text']);
  });

  test('the words of every refused text and number are for people', () => {
    // one value of the wrong kind in each key of the configuration, wherever it is
    const bad = (node: SchemaNode): unknown => {
      const one = [...(node.oneOf ?? []), ...(node.anyOf ?? [])][0];
      if (one) return bad(one);
      if (node.const !== undefined) return node.const;
      if (node.properties)
        return Object.fromEntries(Object.entries(node.properties).map(([key, inner]) => [key, bad(inner)]));
      if (typeof node.additionalProperties === 'object') return { a: bad(node.additionalProperties) };
      if (node.prefixItems) return [1, 2, 3];
      if (typeof node.items === 'object') return [bad(node.items)];
      return node.type === 'integer' || node.type === 'number' ? -1 : '\n';
    };
    const whys = problemsOf(JSON.stringify(bad(configSchema())));
    expect(whys.length).toBeGreaterThan(40);
    for (const why of whys)
      expect(why).not.toMatch(/^\d+ \S+ (?:invalid|too small|too big)|must match|expected|[<>]=/i);
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
    await expect(loadConfig({ option: home, home })).rejects.toThrow('it is a directory');
    await writeFile(file, 'store: {pth: /x}\nnode: 3\n');
    await expect(loadConfig({ option: file, home })).rejects.toThrow(
      `The configuration ${file} is not valid: line 1: store.pth: unknown key (did you mean "path"?) (and 1 more).`,
    );
    await chmod(file, 0o600);
  });

  test('one that is not UTF-8 is refused, not guessed', async () => {
    const file = join(home, 'latin1.yaml');
    await writeFile(file, Buffer.from('# für alle\n', 'latin1'));
    await expect(loadConfig({ option: file, home })).rejects.toThrow('it is not text in UTF-8');
  });

  test("a user's link to nowhere does not fall through to the site's", async () => {
    const user = join(home, 'linked');
    const site = join(home, 'site2.yaml');
    await writeFile(site, '');
    await mkdir(join(user, '.config/berth'), { recursive: true });
    expect((await loadConfig({ home: user, site })).file).toBe(site);
    await symlink('/nonexistent', join(user, '.config/berth/config.yaml'));
    await expect(loadConfig({ home: user, site })).rejects.toThrow(
      'it is a link to a file that is not there',
    );
  });

  describe('a pipe', () => {
    const pipe = () => {
      const path = join(home, `pipe-${Math.random()}`);
      execFileSync('/usr/bin/mkfifo', [path]);
      return path;
    };
    /** Both ends are open from here on, so that opening waits for nobody. */
    const held = (path: string) => open(path, 'r+');

    test('is read to its end, in however many pieces', async () => {
      const path = pipe();
      const hold = await held(path);
      const loading = loadConfig({ option: path, home });
      // more than a pipe holds, and what counts is last
      const writer = createWriteStream(path);
      writer.end(`# ${'x'.repeat(200_000)}\nkernels: {show: 7}\n`);
      await once(writer, 'close');
      await hold.close();
      expect((await loading).config.kernels.show).toBe(7);
    });

    test('that nobody writes into is refused at once', async () => {
      await expect(loadConfig({ option: pipe(), home })).rejects.toThrow('it is a pipe that gives nothing');
    });

    test('that stays silent is waited for until the signal', async () => {
      const path = pipe();
      const hold = await held(path);
      try {
        const stop = new AbortController();
        const loading = loadConfig({ option: path, home, signal: stop.signal });
        stop.abort();
        await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
      } finally {
        await hold.close();
      }
    });
  });
});
