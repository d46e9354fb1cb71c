import { describe, expect, test } from '@jest/globals';
import type { Mount } from '@berth/schema';
import fc from 'fast-check';
import { expandHome, jobName, planLaunch, srunEnvironment } from '../../../spawner/src/launch/plan.ts';
import { launchRecord } from './launch-fixture.ts';

const person = { name: 'alice', uid: 2000, home: '/srv/homes/alice', shell: '/bin/bash' };
const launchId = '0123456789abcdef';
const plan = (cwd: string, env = {}, record = launchRecord()) =>
  planLaunch(record, { launchId, env, cwd, person, addresses: ['10.0.0.1'] });
const targets = (mounts: readonly Mount[]): string[] => mounts.map(({ target }) => target);

describe('placement', () => {
  test('outside of any job: a job of its own', () => {
    const { placement } = plan('/srv/homes/alice');
    expect(placement).toMatchObject({ kind: 'new-job' });
    expect(placement.kind === 'new-job' && placement.argv).toEqual(
      expect.arrayContaining(['/usr/bin/srun', `--comment=berth:${launchId}`, '--time=60', '--mem=2G']),
    );
  });
  test('in a shell of salloc: a step, with the node`s CPUs and nothing of our resources', () => {
    const { placement } = plan('/', { SLURM_JOB_ID: '7', SLURM_JOB_CPUS_PER_NODE: '4' });
    expect(placement).toMatchObject({ kind: 'step', jobId: '7' });
    expect(placement.kind === 'step' && placement.argv).toEqual(
      expect.arrayContaining(['--jobid=7', '--cpus-per-task=4', '--mem=0']),
    );
  });
  test('on a node of the job: right here', () => {
    expect(plan('/', { SLURM_JOB_ID: '7', SLURMD_NODENAME: 'n1' }).placement).toEqual({
      kind: 'same-node',
      jobId: '7',
    });
  });
});

test('paths of the configuration are the person`s; the launch id, image and listening go with it', () => {
  const { node, listen } = plan('/srv/homes/alice');
  expect(node.store.path).toBe('/srv/homes/alice/.local/share/berth/store');
  expect(node.node.mountPoint).toBe('/srv/homes/alice/.local/share/berth/mnt');
  expect(node.launchId).toBe(launchId);
  expect(listen).toEqual({ addresses: ['10.0.0.1'] });
  expect(expandHome('~/x', '/h')).toBe('/h/x');
  expect(expandHome('/a/~/x', '/h')).toBe('/a/~/x');
});

describe('mounts and current directory', () => {
  test('home outside /home is mounted at its own path; a directory in it not twice', () => {
    const { container } = plan('/srv/homes/alice/work').node;
    expect(container.mounts).toEqual([{ source: person.home, target: person.home }]);
    expect(container.cwd).toBe('/srv/homes/alice/work');
  });
  test('a directory elsewhere is mounted too', () => {
    const { container } = plan('/scratch/alice/run1').node;
    expect(targets(container.mounts)).toEqual([person.home, '/scratch/alice/run1']);
    expect(container.cwd).toBe('/scratch/alice/run1');
  });
  test('a name that only begins like the home is not in it (T30)', () => {
    expect(targets(plan('/srv/homes/alice-secret').node.container.mounts)).toContain(
      '/srv/homes/alice-secret',
    );
  });
  test('a directory above the home or a site`s mount is mounted before them, not over them', () => {
    const record = launchRecord({ container: { mounts: [{ source: '/lustre/p', target: '/srv/data/p' }] } });
    expect(targets(plan('/srv', {}, record).node.container.mounts)).toEqual([
      '/srv',
      '/srv/data/p',
      person.home,
    ]);
  });
  test('without the home only the directory is mounted', () => {
    const record = launchRecord({ container: { home: false } });
    expect(targets(plan('/srv/homes/alice/w', {}, record).node.container.mounts)).toEqual([
      '/srv/homes/alice/w',
    ]);
  });
  test.each([
    ...[
      '/',
      '/usr',
      '/usr/share/doc',
      '/etc',
      '/bin',
      '/sbin',
      '/lib',
      '/lib64',
      '/boot',
      '/dev/shm',
      '/proc/self',
      '/sys',
    ],
    ...['/run', '/run/user/2000', '/var', '/opt', '/tmp', '/opt/env', '/opt/env/bin'],
  ])('%s is the image`s: the kernel starts in the home, and nothing hides it', (cwd) => {
    const { container } = plan(cwd).node;
    expect(targets(container.mounts)).toEqual([person.home]);
    expect(container.cwd).toBe(person.home);
  });
  test('such a directory without a mounted home: the root', () => {
    const record = launchRecord({ container: { home: false } });
    expect(plan('/usr', {}, record).node.container).toMatchObject({ mounts: [], cwd: '/' });
  });
  test.each(['/var/home/alice/x', '/opt/data', '/tmp/run1', '/usr2/alice', '/library'])(
    '%s is a place to work',
    (cwd) => {
      expect(plan(cwd).node.container.cwd).toBe(cwd);
      expect(targets(plan(cwd).node.container.mounts)).toContain(cwd);
    },
  );
  test('a home below a system directory stays a place to work', () => {
    const strange = { ...person, home: '/usr/people/alice' };
    const { container } = planLaunch(launchRecord(), {
      launchId,
      env: {},
      cwd: '/usr/people/alice/x',
      person: strange,
      addresses: [],
    }).node;
    expect(container.cwd).toBe('/usr/people/alice/x');
  });
  test('property: the current directory is inside some mount, no target twice, parents before children', () => {
    const part = fc.constantFrom('usr', 'srv', 'homes', 'alice', 'opt', 'env', 'tmp', 'x', 'data');
    const path = fc.array(part, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, (cwd) => {
        const { container } = plan(cwd).node;
        const list = targets(container.mounts);
        expect(
          list.some((target) => container.cwd === target || container.cwd.startsWith(`${target}/`)),
        ).toBe(true);
        expect(new Set(list).size).toBe(list.length);
        list.forEach((target, at) => {
          for (const later of list.slice(at + 1)) expect(target.startsWith(`${later}/`)).toBe(false);
        });
        for (const target of list) expect('/opt/env/bin/python'.startsWith(`${target}/`)).toBe(false);
      }),
    );
  });
});

test('a job`s name is of squeue`s harmless characters and holds the launch id', () => {
  expect(jobName(launchRecord(), launchId)).toBe(`berth-python3-${launchId}`);
});

test('srun gets where things are and nothing that another job or client asked for', () => {
  const env = {
    PATH: '/usr/bin',
    HOME: '/h',
    SLURM_CONF: '/c',
    SLURM_JOB_ID: '3',
    SLURM_JWT: 'x',
    JPY_PARENT_PID: '1',
  };
  expect(srunEnvironment({ ...env, LD_PRELOAD: '/evil.so', BASH_ENV: '/x', SRUN_UID: '0' })).toEqual({
    PATH: '/usr/bin',
    HOME: '/h',
    SLURM_CONF: '/c',
  });
});

test('T4: srun is told where a person`s keys are, and is given none of them', () => {
  const places = {
    AWS_PROFILE: 'lab',
    AWS_SHARED_CREDENTIALS_FILE: '/h/keys',
    AWS_CONFIG_FILE: '/h/config',
    AWS_EC2_METADATA_DISABLED: 'true',
    DOCKER_CONFIG: '/h/docker',
    REGISTRY_AUTH_FILE: '/h/auth.json',
  };
  const secrets = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_SESSION_TOKEN: 'c',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'd',
    DOCKER_AUTH_CONFIG: 'e',
    AWS_ENDPOINT_URL: 'http://elsewhere',
  };
  expect(srunEnvironment({ ...places, ...secrets })).toEqual(places);
});
