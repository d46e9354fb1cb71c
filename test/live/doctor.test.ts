/** `berth doctor` on a real cluster: all is well there; then one thing is broken at a time. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunResult } from '../cluster/as-user.ts';
import { identify } from '../cluster/process-identity.ts';
import { until } from '../cluster/until.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

let site: Site;
beforeAll(async () => {
  site = await siteUp();
}, 180_000);
afterAll(() => site?.down(), 60_000);

const doctor = (...options: string[]): Promise<RunResult> => site.run([site.berth, 'doctor', ...options]);

/** Each check's line that is not "ok", with the line below it that says how to mend it. */
function problemsOf({ stdout }: RunResult): readonly string[] {
  return stdout.match(/^PROBLEM .*\n {10}.*$/gm) ?? [];
}

/** Alice's configuration, changed and beside her own. */
async function changed(name: string, more: Readonly<Record<string, object>>): Promise<string> {
  const { area, env } = site.person('alice');
  const config = JSON.parse(await readFile(env['BERTH_CONFIG'] ?? '', 'utf8')) as Record<string, object>;
  for (const [key, value] of Object.entries(more)) config[key] = { ...config[key], ...value };
  const file = join(area, `${name}.yaml`);
  await writeFile(file, JSON.stringify(config), { mode: 0o644 });
  return file;
}

async function stop(daemon: 'registry' | 'slurmctld'): Promise<void> {
  const pid = site.cluster.pids[daemon] ?? 0;
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, 'SIGTERM');
  expect(await until(() => identify(pid) === null, 10_000)).toBe(true);
}

describe('where all is well', () => {
  const node = [
    'user namespaces',
    'overlayfs',
    'util-linux',
    'berth-place',
    'Charliecloud',
    'FUSE',
    'squashfuse_ll',
    'tar2sqfs',
    'image store',
    'papermill',
  ];
  const host = ['Slurm commands', 'Slurm controller', 'ports', 'source lab', 'kernelspecs'];

  test('each line is ok, and so is the exit status', async () => {
    const { status, stdout, stderr } = await doctor();
    const lines = stdout.trimEnd().split('\n');
    expect({ status, stderr, wrong: lines.filter((line) => !line.startsWith('ok ')) }).toEqual({
      status: 0,
      stderr: '',
      wrong: [],
    });
    expect(lines.map((line) => line.slice(9).split(':')[0])).toEqual(['configuration', ...host, ...node]);
    const [low, high] = site.cluster.srunPortRange;
    expect(stdout).toContain(`ports: ${low}-${high}: `);
  });

  test('the same on a node, by a job that is gone then', async () => {
    const { status, stdout, stderr } = await doctor('--node', '--json');
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean;
      findings: { check: string; ok: boolean }[];
    };
    expect({ status, stderr, ok, wrong: findings.filter((one) => !one.ok) }).toEqual({
      status: 0,
      stderr: '',
      ok: true,
      wrong: [],
    });
    expect(findings.map(({ check }) => check)).toEqual([
      'configuration',
      ...host,
      'install path on nodes',
      'node: configuration',
      ...node.map((check) => `node: ${check}`),
    ]);
    await site.untilClean(2000);
  });

  test('a configuration named relative to where one is', async () => {
    const { area } = site.person('alice');
    const found = await site.run([site.berth, 'doctor', '--node', '--config', 'config.yaml'], { cwd: area });
    expect({ ...found, stdout: problemsOf(found) }).toMatchObject({ status: 0, stderr: '', stdout: [] });
  });
});

describe('one thing is broken', () => {
  test('an image store that is not writable', async () => {
    const config = await changed('store', { store: { path: '/usr/share/berth-store' } });
    for (const node of [[], ['--node']]) {
      const found = await doctor('--config', config, ...node);
      expect(found.status).toBe(1);
      expect(problemsOf(found)).toEqual([
        expect.stringMatching(
          /image store: \/usr\/share\/berth-store is not writable: .*EACCES.*\n +Set store\.path to/,
        ),
      ]);
    }
  });

  test('a tar2sqfs that is not there', async () => {
    const config = await changed('tar2sqfs', { node: { tar2sqfs: '/nowhere/tar2sqfs' } });
    for (const node of [[], ['--node']]) {
      const found = await doctor('--config', config, ...node);
      expect(found.status).toBe(1);
      expect(problemsOf(found)).toEqual([
        expect.stringMatching(
          /tar2sqfs: \/nowhere\/tar2sqfs cannot be run: it is not there\n.*node\.tar2sqfs/,
        ),
      ]);
    }
  });

  test('a partition for the job that is not there', async () => {
    const resources = { cpus: 1, memory: '500M', time: '10', partition: 'nowhere' };
    const found = await doctor(
      '--node',
      '--config',
      await changed('partition', { profiles: { test: { resources } } }),
    );
    expect(found.status).toBe(1);
    expect(problemsOf(found)).toEqual([expect.stringMatching(/nvalid partition.*\n +\S/)]);
    // Slurm's refusal says nothing of where Berth is installed
    expect(found.stdout).not.toMatch(/Install Berth/);
  });

  test('the registry', async () => {
    await stop('registry');
    const found = await doctor();
    expect(found.status).toBe(1);
    expect(problemsOf(found)).toEqual([
      expect.stringMatching(/source lab: The source at \S+ does not answer.*\n +\S/),
    ]);
  });

  // the last one: without it nothing runs any more
  test('the controller', async () => {
    await stop('slurmctld');
    const config = await changed('no-source', { sources: {} });
    for (const options of [['--config', config], ['--node']]) {
      const found = await doctor(...options);
      expect(found.status).toBe(1);
      expect(problemsOf(found)).toContainEqual(
        expect.stringMatching(/Slurm controller: it does not answer.*\n +Check slurmctld/),
      );
    }
  });
});
