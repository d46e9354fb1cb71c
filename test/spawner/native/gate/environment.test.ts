import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { changedPlace } from '../place-program.ts';
import { workspace } from '../placed.ts';
import { given, ownGate, type OwnGate } from './own-gate.ts';

const open: OwnGate[] = [];
const gateWith = async (options: Parameters<typeof ownGate>[0] = {}): Promise<OwnGate> => {
  const gate = await ownGate(options);
  open.push(gate);
  return gate;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((gate) => gate.end()));
});

describe('what decides outside where programs and Slurm are (T9)', () => {
  const bad = [
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'BASH_ENV',
    'ENV',
    'PATH',
    'SLURM_CONF',
    'SLURM_JWT',
    'MUNGE_SOCKET',
    'TMPDIR',
    'GCONV_PATH',
    'PYTHONPATH',
    'PYTHONUSERBASE',
    'PERL5LIB',
    'PERLLIB',
    'PERL5DB',
    'BASH_FUNC_squeue%%',
  ] as const;
  const env = [...bad.map((one) => [one, '/evil'] as const), ['KEPT', 'yes'] as const];

  test('never comes from inside; what the image needs of it travels aside', async () => {
    const gate = await gateWith({ env: { SLURM_CONF: '/site/slurm.conf' } });
    const asked = given((await gate.call('scontrol', { env })).stdout).variables;
    expect(asked).toEqual([
      'KEPT=yes',
      'PATH=/usr/bin:/bin',
      'SLURM_CONF=/site/slurm.conf',
      `HOME=${gate.directory}`,
      'USER=user',
    ]);
    const started = given((await gate.call('srun', { words: ['true'], env })).stdout).variables;
    expect(started.filter((one) => one.endsWith('=/evil'))).toEqual(
      bad.filter((one) => !/^(?:SLURM|MUNGE)_/.test(one)).map((one) => `BERTH_INNER_${one}=/evil`),
    );
    const outside = await gate.call('srun', { words: ['--berth-image=none', 'true'], env });
    expect(given(outside.stdout).variables.join(' ')).not.toContain('evil');
  });

  test('by what Slurm works on this node, it works for the call', async () => {
    const own = { SLURM_JWT: 'site', MUNGE_SOCKET: '/site/munge', LD_LIBRARY_PATH: '/site/lib' };
    const gate = await gateWith({ env: own });
    const asked = given((await gate.call('scontrol', { env })).stdout).variables;
    expect(asked).toEqual(expect.arrayContaining(Object.entries(own).map((pair) => pair.join('='))));
  });

  test('control: without that list it does', async () => {
    const { path, remove } = await workspace();
    const from =
      'if (belongs_to_slurm(*at) || strncmp(*at, INNER_PREFIX, strlen(INNER_PREFIX)) == 0) continue;';
    await changedPlace([{ file: 'gate/environment.c', from, to: '' }], path);
    const gate = await gateWith({ gate: join(path, 'berth-gate') });
    const asked = given((await gate.call('scontrol', { env })).stdout).variables;
    expect(asked).toEqual(expect.arrayContaining(['SLURM_CONF=/evil', 'SLURM_JWT=/evil']));
    await remove();
  });
});
