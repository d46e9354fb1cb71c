/** T35, T41: hostile names, parameters, links and notebooks on their way to a batch job, on the real Slurm. */
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { venvProgram } from '../jupyter/venv.ts';
import { writeNotebook } from '../live/notebook.ts';
import { siteUp, type PersonArea, type Site } from '../live/site.ts';
import { Submitted } from '../live/submitted.ts';
import { bundleWithout } from './without-guard.ts';

jest.setTimeout(120_000);
const root = join(import.meta.dirname, '../..');

let site: Site;
let jobs: Submitted;
let python: string;
let r: string;
let alice: PersonArea;
beforeAll(async () => {
  site = await siteUp({ people: ['alice', 'bob'], images: ['venv-python', 'r-kernel'] });
  jobs = new Submitted(site);
  python = await site.kernel('venv-python');
  r = await site.kernel('r-kernel');
  alice = site.person('alice');
}, 180_000);
afterAll(() => site?.down(), 60_000);

/** A path of alice's that an attack would make. */
const canary = (name: string): string => join(alice.area, `canary-${name}`);
const give = (path: string, person = alice): Promise<void> => chown(path, person.user.uid, person.user.gid);

describe('what a person typed reaches the notebook byte for byte, and nothing else (T35)', () => {
  const values = [
    '$(touch canary-shell)`touch canary-shell`;touch canary-shell',
    '"; open("canary-code", "w"); x = "',
    "'''\nopen('canary-code', 'w')\n'''",
    '\\"; open("canary-code", "w") #',
    '!!python/object/apply:os.system ["touch canary-yaml"]',
    '%{x}s {y} \\u0041 \u2028 é 🚢',
    `#SBATCH --uid=0\n${'x'.repeat(5000)}`,
  ];
  const names = [
    '$(touch canary-name).ipynb',
    '--wrap=touch canary-name.ipynb',
    'a\n#SBATCH --uid=0\ntouch canary-name\n.ipynb',
    '%A %u ; touch canary-name.ipynb',
    `${'n'.repeat(240)}.ipynb`,
  ];
  const secret = 'CANARY-d1b8f7aa90c4';

  test('parameters and names that are code', async () => {
    const { path } = await writeNotebook(alice, python, [
      'import json\nprint(json.dumps([v0, v1, v2, v3, v4, v5, v6, secret]))',
    ]);
    const typed = [...values.map((value, at) => `v${at}=${value}`), `secret=${secret}`];
    const submitted = await Promise.all(
      names.map(async (name) => {
        const file = join(alice.area, name);
        await cp(path, file);
        await give(file);
        return jobs.submit(...typed.flatMap((one) => ['--param', one]), '--', file);
      }),
    );
    for (const id of submitted) {
      const { state, jobId = '', elements } = await jobs.over(id);
      expect(state).toBe('completed');
      const { stdout: told } = await site.run(['scontrol', 'show', 'job', jobId]);
      expect(told).toMatch(new RegExp(`^ {3}UserId=${site.cluster.users.alice.name}\\(`, 'm'));
      expect(told).toMatch(/JobName=nb-[A-Za-z0-9._-]{1,40}$/m);
      expect(told).not.toContain(secret);
      // the same bytes for all, with nothing of anybody's
      const { stdout: script } = await site.run(['scontrol', 'write', 'batch_script', jobId, '-']);
      expect(script.trim()).toBe(
        (await readFile(join(root, 'server/src/batch/berth-batch.sh'), 'utf8')).trim(),
      );
      const output = JSON.parse(await readFile(elements[0]?.file ?? '', 'utf8')) as {
        cells: { outputs: { text: string[] }[] }[];
      };
      const printed = output.cells.at(-1)?.outputs[0]?.text.join('') ?? '';
      expect(JSON.parse(printed)).toEqual([...values, secret]);
    }
    expect((await readdir(alice.area)).filter((name) => name.startsWith('canary-'))).toEqual([]);
    expect((await readdir(alice.user.home)).filter((name) => name.startsWith('canary-'))).toEqual([]);
  });

  test('the same in R, whose strings papermill by itself breaks', async () => {
    const text = values.filter((_, at) => at !== 6);
    const each = `cat(sapply(list(${text.map((_, at) => `v${at}`).join(', ')}), function(v) paste(utf8ToInt(v), collapse = ' ')), sep = '\\n')`;
    const { path, outputOf } = await writeNotebook(alice, r, [each]);
    const id = await jobs.submit(path, ...text.flatMap((value, at) => ['--param', `v${at}=${value}`]));
    const job = await jobs.over(id);
    expect(job.state).toBe('completed');
    const printed = (await outputOf(job.elements[0]?.file ?? '')).trimEnd().split('\n');
    expect(printed.map((line) => String.fromCodePoint(...line.split(' ').map(Number)))).toEqual(text);
  });

  test.each([
    [
      'julia',
      's = "\\u00e9\\u0024\\u0028run\\u0028\\u0060touch canary\\u002djulia\\u0060\\u0029\\u0029 \\u0022\\U0001f6a2"',
      '$(run(`touch canary-julia`))',
    ],
    [
      'matlab',
      's = string(char([233 36 40 114 117 110 40 96 116 111 117 99 104 32 99 97 110 97 114 121 45 106 117 108 105 97 96 41 41 32 34 55357 56994]));',
      's = "\\xe9$',
    ],
  ])('in %s nothing in a string has a meaning, and every sign is itself', async (language, ours, theirs) => {
    const program = join(root, 'server/src/batch/berth_papermill.py');
    const said = async (before: string): Promise<string> => {
      const lines = [
        'import sys, runpy, os; sys.path.insert(0, os.path.dirname(sys.argv[1]))',
        'from papermill.translators import translate_parameters',
        before,
        'print(translate_parameters("x", sys.argv[2], {"s": sys.argv[3]}))',
      ];
      const typed = 'é$(run(`touch canary-julia`)) "🚢';
      return (await site.run([venvProgram('python3'), '-c', lines.join('\n'), program, language, typed]))
        .stdout;
    };
    expect(await said('import berth_papermill; berth_papermill.register_translators()')).toContain(ours);
    // papermill's own (control)
    expect(await said('')).toContain(theirs);
  });

  test('the same as text of a script is run (control)', async () => {
    const wrap = `echo ${values[0]}`.replaceAll('canary-shell', canary('control'));
    const { stdout } = await site.run([
      'sbatch',
      '--parsable',
      '--wait',
      '--output=/dev/null',
      `--wrap=${wrap}`,
    ]);
    expect(stdout).toMatch(/^\d+/);
    expect(existsSync(canary('control'))).toBe(true);
    const yaml = String(values[4]).replace('canary-yaml', canary('yaml'));
    const load = 'import sys, yaml; yaml.unsafe_load(sys.argv[1])';
    await site.run([venvProgram('python3'), '-c', load, yaml]);
    expect(existsSync(canary('yaml'))).toBe(true);
  });

  test.each(['a b=1', '__import__("os").system("id")=1', 'x\ny=1', '-rf=1', '=1'])(
    'a name that is none is refused: %j',
    async (typed) => {
      const { path } = await writeNotebook(alice, python, ['1']);
      const { status, stderr } = await jobs.run('submit', `--param=${typed}`, path);
      expect([status, stderr]).toEqual([64, expect.stringContaining('is not in order')]);
    },
  );
});

describe('whose file it is (T41)', () => {
  test('a file of bob`s is read as alice: not at all; nor through a link', async () => {
    const bob = site.person('bob');
    const { path } = await writeNotebook(bob, python, ['1']);
    await chmod(path, 0o600);
    await chmod(bob.area, 0o755);
    const link = join(alice.area, 'link.ipynb');
    await symlink(path, link);
    expect((await jobs.run('submit', path)).stderr).toContain('you may not read it');
    expect((await jobs.run('submit', link)).stderr).toContain('it is a symbolic link');
    const sweep = join(alice.area, 'sweep-link.csv');
    await symlink(path, sweep);
    const own = await writeNotebook(alice, python, ['1']);
    expect((await jobs.run('submit', own.path, '--array', sweep)).stderr).toContain('it is a symbolic link');
    expect((await jobs.run('ls', '--json')).stdout).not.toContain('link.ipynb');
  });

  test('without that guard a link is followed (control)', async () => {
    const lib = join(site.cluster.dir, 'follows/lib');
    await bundleWithout(
      [
        {
          file: 'server/src/batch/own-file.ts',
          from: 'constants.O_NOFOLLOW | constants.O_NONBLOCK',
          to: 'constants.O_NONBLOCK',
        },
      ],
      { berth: 'server/src/cli/main.ts' },
      lib,
    );
    for (const name of ['berth-batch.sh', 'berth_notebook.py', 'berth_papermill.py'])
      await cp(join(root, 'server/src/batch', name), join(lib, name));
    const { path } = await writeNotebook(alice, python, ['1']);
    const link = join(alice.area, 'own-link.ipynb');
    await symlink(path, link);
    expect((await jobs.run('submit', link)).status).toBe(66);
    const node = join(site.berth, '../../lib/node');
    const without = await site.run([node, join(lib, 'berth.mjs'), 'notebook', 'submit', link]);
    expect(without.status).toBe(0);
    await jobs.over(without.stdout.trim());
  });
});

describe('where the output goes (T41)', () => {
  /** A job's directory as it lies when the node begins, with `elements/0` a link to a place of alice's that is not the job's. */
  async function planted(): Promise<{ readonly job: string; readonly target: string }> {
    const { path } = await writeNotebook(alice, python, ['print(1)']);
    const id = await jobs.submit(path);
    const { directory } = await jobs.over(id);
    const job = join(alice.area, `planted-${id}`);
    const target = join(alice.area, `target-${id}`);
    await cp(directory, job, { recursive: true, filter: (from) => !from.includes('elements/0') });
    await mkdir(target);
    await symlink(target, join(job, 'elements/0'));
    for (const name of [
      job,
      target,
      join(job, 'elements'),
      join(job, 'job.json'),
      join(job, 'parameters.json'),
    ])
      await give(name);
    return { job, target };
  }
  const runner = (program: string, job: string) =>
    site.run(['sh', '-c', 'cd "$1" && exec "$2" "$3"', 'sh', job, venvProgram('python3'), program]);

  test('a link where the output should be is not followed', async () => {
    const { job, target } = await planted();
    const { status, stderr } = await runner(join(root, 'server/src/batch/berth_notebook.py'), job);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/Not a directory|Too many levels of symbolic links/),
    ]);
    expect(await readdir(target)).toEqual([]);
  });

  test('without that guard it is (control)', async () => {
    const { job, target } = await planted();
    const changed = join(alice.area, 'berth_notebook.py');
    const source = await readFile(join(root, 'server/src/batch/berth_notebook.py'), 'utf8');
    expect(source.split('SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC')).toHaveLength(2);
    await writeFile(
      changed,
      source.replace('SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC', 'SAFELY = os.O_CLOEXEC'),
    );
    await chmod(changed, 0o644);
    await runner(changed, job);
    expect(await readdir(target)).toEqual(['attempt-0']);
  });

  test('a link that the notebook itself puts there is replaced, and not written through', async () => {
    const victim = join(alice.area, 'victim.txt');
    await writeFile(victim, 'kept');
    await give(victim);
    const cells = [
      'import glob, os\nwhere = os.path.join(os.environ["BERTH_ATTEMPT"], "output.ipynb")',
      `os.remove(where); os.symlink(${JSON.stringify(victim)}, where)`,
      'print("done")',
    ].map((cell) =>
      cell.replace(
        'os.environ["BERTH_ATTEMPT"]',
        `sorted(glob.glob(${JSON.stringify(join(alice.area, 'state/berth/jobs/*/elements/0/attempt-0'))}), key=os.path.getmtime)[-1]`,
      ),
    );
    const { path } = await writeNotebook(alice, python, cells);
    const job = await jobs.over(await jobs.submit(path));
    expect(job.state).toBe('completed');
    expect(await readFile(victim, 'utf8')).toBe('kept');
    // papermill by itself writes through it (control)
    const link = join(alice.area, 'out.ipynb');
    await symlink(victim, link);
    await give(alice.area);
    const simple = await writeNotebook(alice, python, ['1']);
    await site.run(['papermill', simple.path, link], { timeoutMs: 60_000 });
    expect(await readFile(victim, 'utf8')).not.toBe('kept');
  });
});
