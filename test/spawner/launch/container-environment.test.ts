import { describe, expect, test } from '@jest/globals';
import { ContainerConfig } from '@berth/schema';
import { containerEnvironment, passedNames } from '../../../spawner/src/launch/container-environment.ts';
import { launchRecord } from './launch-fixture.ts';

const person = { name: 'alice', uid: 2000, home: '/srv/alice', shell: '/bin/sh' };
const { image, kernel } = launchRecord();

describe('built from nothing, later ones win', () => {
  test('image, then person, then what the client passes, then the site`s, then the kernel`s', () => {
    const everyone = { HOME: 'image', TERM: 'image', A: 'image', B: 'image', K: 'image', LANG: 'image' };
    const made = containerEnvironment(
      { ...image.config, env: everyone },
      { ...kernel, env: { K: 'kernel' } },
      ContainerConfig.parse({ env: { A: 'site', K: 'site' }, passEnv: ['TERM', 'A', 'K', 'ABSENT'] }),
      person,
      { TERM: 'client', A: 'client', K: 'client', SECRET: 'client' },
    );
    const expected = {
      HOME: '/srv/alice',
      USER: 'alice',
      LOGNAME: 'alice',
      TERM: 'client',
      A: 'site',
      B: 'image',
    };
    expect(made).toEqual({
      ...expected,
      K: 'kernel',
      LANG: 'image',
      PATH: expect.stringContaining('/usr/bin'),
    });
  });
  test('the image`s PATH and LD_LIBRARY_PATH stay inside; the client`s do not come in', () => {
    const site = ContainerConfig.parse({});
    const client = {
      PATH: '/client',
      LD_LIBRARY_PATH: '/client',
      LD_PRELOAD: '/client',
      PYTHONPATH: '/client',
    };
    const made = containerEnvironment(image.config, kernel, site, person, client);
    expect(made).toMatchObject({ PATH: '/run/berth/bin:/opt/env/bin:/usr/bin', LD_LIBRARY_PATH: '/opt/lib' });
    expect(JSON.stringify(made)).not.toContain('client');
  });
  test('nothing of JPY_*, SLURM_JWT, SLURM_CONF, MUNGE_*, from whichever side', () => {
    const bad = {
      JPY_PARENT_PID: 'x',
      JPY_SESSION_NAME: 'x',
      SLURM_JWT: 'x',
      SLURM_CONF: 'x',
      MUNGE_SOCKET: 'x',
    };
    const site = ContainerConfig.parse({ env: bad, passEnv: Object.keys(bad) });
    const made = containerEnvironment(
      { ...image.config, env: bad },
      { ...kernel, env: bad },
      site,
      person,
      bad,
    );
    expect(Object.values(made)).not.toContain('x');
  });
});

test('what is of the client: not what the image says where the client has nothing, nor what the site or the kernel says', () => {
  const site = ContainerConfig.parse({
    env: { A: 'site' },
    passEnv: ['TZ', 'LC_ALL', 'A', 'K', 'JPY_PARENT_PID', 'EMPTY'],
  });
  const client = { TZ: 'Europe/Vienna', A: '1', K: '1', JPY_PARENT_PID: '1', EMPTY: '', OTHER: '1' };
  expect(passedNames({ env: { K: 'kernel' } }, site, client)).toEqual(['TZ', 'EMPTY']);
});
