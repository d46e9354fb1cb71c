/** Each check with fake executables on a PATH of their own: one site where all is well, and each fault alone. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Config } from '@berth/schema';
import { commandRunner } from '@berth/spawner/slurm';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from '../../../../server/src/cli/doctor/check.ts';
import { hostChecks, nodeChecks } from '../../../../server/src/cli/doctor/checks.ts';
import { nodeFindings } from '../../../../server/src/cli/doctor/node.ts';
import { reply, scriptedServer } from '../../../spawner/image/scripted-server.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'berth-doctor-test-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const WELL: Readonly<Record<string, string>> = {
  unshare: 'case "$1" in --version) echo "unshare from util-linux 2.38.1" ;; esac',
  nsenter: 'echo "nsenter from util-linux 2.38.1"',
  setpriv: 'echo "setpriv from util-linux 2.38.1"',
  'ch-run': 'echo 0.31',
  'berth-place': 'echo berth-place runs here',
  squashfuse_ll: 'echo squashfuse 0.1 >&2; exit 254',
  tar2sqfs: 'echo tar2sqfs 1.2.0',
  srun: 'case "$1" in --version) echo slurm 22.05.8 ;; esac',
  squeue: 'echo slurm 22.05.8',
  scancel: 'echo slurm 22.05.8',
  scontrol:
    'case "$1" in ping) echo "Slurmctld(primary) at h is UP" ;; show) echo "SrunPortRange           = 40000-40200" ;; *) echo slurm 22.05.8 ;; esac',
};

/** A site whose commands are these scripts; an absent one is not there. */
async function siteOf(
  change: Readonly<Record<string, string | undefined>> = {},
  more: Partial<Site> = {},
): Promise<Site> {
  const home = await mkdtemp(join(root, 'home-'));
  const bin = join(home, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries({ ...WELL, ...change })) {
    if (script === undefined) continue;
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const fuseDevice = join(home, 'fuse');
  await writeFile(fuseDevice, '');
  const config = Config.parse({
    slurm: { binDirectory: bin },
    store: { path: join(home, 'store') },
    kernels: { directory: join(home, '.local/share/jupyter/kernels') },
  });
  const run = commandRunner({ PATH: bin }, 10_000);
  return {
    config,
    run,
    runJob: run,
    env: {},
    home,
    berth: '/opt/berth/bin/berth',
    place: join(bin, 'berth-place'),
    signal: new AbortController().signal,
    fuseDevice,
    temporary: home,
    ...more,
  };
}

async function problemsOf(site: Site): Promise<string[]> {
  const found: string[] = [];
  for (const { name, look } of [...hostChecks(site.config), ...nodeChecks(site.config)]) {
    const { ok, says, mend } = await look(site);
    if (!ok) found.push(`${name}: ${says}`);
    expect(ok).toBe(mend === undefined);
  }
  return found;
}
const NO_SOURCE = 'sources: none is configured';

test('where all is well only the missing source is named', async () => {
  expect(await problemsOf(await siteOf())).toEqual([NO_SOURCE]);
});

describe('each fault is named', () => {
  test.each([
    [
      'unshare',
      'case "$1" in --version) echo util-linux 2.38.1 ;; *) echo "unshare failed: Operation not permitted" >&2; exit 1 ;; esac',
      ['user namespaces', 'overlayfs'],
    ],
    [
      'unshare',
      'case "$5" in sh) echo "mount: wrong fs type" >&2; exit 32 ;; *) echo util-linux 2.38.1 ;; esac',
      ['overlayfs'],
    ],
    ['nsenter', 'echo "nsenter from util-linux 2.33"', ['util-linux']],
    ['setpriv', undefined, ['util-linux']],
    ['berth-place', undefined, ['berth-place']],
    ['ch-run', undefined, ['Charliecloud']],
    ['squashfuse_ll', undefined, ['squashfuse_ll']],
    ['tar2sqfs', undefined, ['tar2sqfs']],
    ['squeue', undefined, ['Slurm commands']],
    [
      'scontrol',
      'case "$1" in ping) echo "Slurmctld(primary) at h is DOWN" ;; *) echo x ;; esac',
      ['Slurm controller'],
    ],
  ])('%s', async (name, script, checks) => {
    const found = await problemsOf(await siteOf({ [name]: script }));
    expect(found.filter((one) => one !== NO_SOURCE).map((one) => one.split(':')[0])).toEqual(checks);
  });

  test('FUSE, the store, a kernelspec directory that Jupyter does not search', async () => {
    const well = await siteOf();
    const config = Config.parse({
      ...well.config,
      store: { path: '/dev/null/store' },
      kernels: { directory: '/elsewhere' },
    });
    const found = await problemsOf({ ...well, config, fuseDevice: '/nonexistent' });
    expect(found.map((one) => one.split(':')[0])).toEqual(['sources', 'kernelspecs', 'FUSE', 'image store']);
  });

  test('a source of which nothing fits what is configured', async () => {
    const registry = await scriptedServer(({ url }, answer) =>
      reply(answer, 200, {}, url?.includes('_catalog') ? '{"repositories":["a"]}' : '{"tags":["1"]}'),
    );
    try {
      const well = await siteOf();
      const place = { type: 'registry', url: registry.url, repositories: ['tests/nosuch*'] };
      const config = Config.parse({ ...well.config, sources: { lab: place } });
      expect((await problemsOf({ ...well, config }))[0]).toMatch(
        /lists no image: nothing fits "tests\/nosuch\*" \(the registry lists 1 repository\)$/,
      );
    } finally {
      await registry.close();
    }
  });

  describe('a bucket whose keys are in variables', () => {
    const gateway = () =>
      scriptedServer((_request, answer) =>
        reply(
          answer,
          200,
          {},
          '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>tags/x/1</Key></Contents></ListBucketResult>',
        ),
      );
    const secret = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

    test.each([
      [{}, secret, false],
      [{}, {}, true],
      [{}, { ...secret, AWS_PROFILE: 'lab' }, true],
      [{ profile: 'lab' }, secret, true],
      [{ credentials: 'anonymous' }, secret, true],
    ])('%j with %j', async (more, env, ok) => {
      const server = await gateway();
      try {
        const place = { type: 'bucket', endpoints: [server.url], bucket: 'images', ...more };
        const well = await siteOf({}, { env });
        const config = Config.parse({ ...well.config, sources: { s3: place } });
        const found = (await problemsOf({ ...well, config })).filter((one) => one.startsWith('source s3: '));
        const said =
          /answers, e\.g\. x:1, with the keys of AWS_ACCESS_KEY_ID, which compute nodes do not get/;
        expect(found).toEqual(ok ? [] : [expect.stringMatching(said)]);
      } finally {
        await server.close();
      }
    });
  });

  test('a source that does not answer', async () => {
    const well = await siteOf();
    const config = Config.parse({
      ...well.config,
      sources: { lab: { type: 'registry', url: 'http://127.0.0.1:1' } },
    });
    expect((await problemsOf({ ...well, config }))[0]).toMatch(
      /^source lab: The source at http:\/\/127\.0\.0\.1:1\/? does not answer/,
    );
  });
});

test('no check leaves anything behind, nor makes the store', async () => {
  const site = await siteOf();
  await problemsOf(site);
  expect((await readdir(site.home)).sort()).toEqual(['bin', 'fuse']);
});

test('papermill: which Python has it, or what does not work without', async () => {
  const says = async (site: Site): Promise<string | undefined> => {
    const check = nodeChecks(site.config).find(({ name }) => name === 'papermill');
    const found = await check?.look(site);
    expect(found?.ok).toBe(true);
    return found?.says;
  };
  const site = await siteOf({ python3: 'exit 0' });
  const bin = site.config.slurm.binDirectory;
  expect(await says({ ...site, env: { PATH: bin } })).toBe(join(bin, 'python3'));
  const without = await siteOf({ python3: 'exit 1' });
  expect(await says(without)).toContain('notebooks do not run as batch jobs');
});

test('a store that is a link to nowhere is a problem', async () => {
  const site = await siteOf();
  await symlink('/nonexistent', join(site.home, 'store'));
  expect(await problemsOf(site)).toEqual([
    NO_SOURCE,
    expect.stringMatching(/^image store: .* is not writable/),
  ]);
});

test('a stop accuses nobody: it ends the command that runs, and the check with it', async () => {
  const stop = new AbortController();
  const site = await siteOf({ srun: 'exec /bin/sleep 60' });
  const run = commandRunner({ PATH: join(site.home, 'bin') }, 60_000, stop.signal);
  const [slurm] = hostChecks(site.config);
  const looking = slurm?.look({ ...site, run });
  stop.abort();
  await expect(looking).rejects.toMatchObject({ name: 'AbortError' });
});

test('a command that does not answer is told as that', async () => {
  const site = await siteOf({ srun: 'exec /bin/sleep 60' });
  const run = commandRunner({ PATH: join(site.home, 'bin') }, 200);
  const [slurm] = hostChecks(site.config);
  expect(await slurm?.look({ ...site, run })).toMatchObject({
    ok: false,
    says: expect.stringMatching(/srun cannot be run: no answer in 0\.2 s$/),
  });
});

test('what Jupyter itself says of its paths counts', async () => {
  const site = await siteOf({ jupyter: `echo '{"data": ["/elsewhere"]}'` });
  expect(await problemsOf(site)).toContainEqual(
    expect.stringMatching(/^kernelspecs: Jupyter does not look into/),
  );
});

describe('on a node', () => {
  test("a job that Slurm refuses is told in srun's last words, not taken for a missing Berth", async () => {
    const srun = 'echo "srun: always said" >&2; echo "srun: error: Invalid partition" >&2; exit 1';
    const [finding, ...others] = await nodeFindings(await siteOf({ srun }), undefined);
    expect(finding).toMatchObject({
      check: 'node',
      ok: false,
      says: expect.stringMatching(/: Invalid partition$/),
    });
    expect([others, finding?.mend]).toEqual([[], expect.not.stringMatching(/Install/)]);
  });

  test("what the node says is told as the node's", async () => {
    const report = JSON.stringify({ findings: [{ check: 'FUSE', ok: false, says: 'no', mend: 'do' }] });
    const site = await siteOf({
      srun: `case "$*" in *"test -x"*) echo there ;; *"doctor --on-node --json") echo '${report}' ;; *) exit 9 ;; esac`,
    });
    expect(await nodeFindings(site, undefined)).toEqual([
      { check: 'install path on nodes', ok: true, says: expect.any(String) },
      { check: 'node: FUSE', ok: false, says: 'no', mend: 'do' },
    ]);
  });

  test('T4: a job is started without what else is in the environment', async () => {
    const site = await siteOf({ srun: 'echo "$SECRET" > "$HERE/seen"; echo absent' });
    const HERE = site.home;
    const other = commandRunner({ PATH: join(HERE, 'bin'), HERE, SECRET: 'canary' }, 10_000);
    await nodeFindings(
      { ...site, run: other, runJob: commandRunner({ PATH: join(HERE, 'bin'), HERE }, 10_000) },
      undefined,
    );
    expect(await readFile(join(HERE, 'seen'), 'utf8')).toBe('\n');
  });

  test('a Berth that is not there, or does not run, is a problem', async () => {
    expect(await nodeFindings(await siteOf({ srun: 'echo absent' }), undefined)).toMatchObject([
      { check: 'install path on nodes', ok: false, mend: expect.stringMatching(/^Install Berth/) },
    ]);
    const silly = 'case "$*" in *"test -x"*) echo there ;; *) echo garbage ;; esac';
    expect(await nodeFindings(await siteOf({ srun: silly }), undefined)).toMatchObject([
      { ok: true },
      { ok: false },
    ]);
  });
});
