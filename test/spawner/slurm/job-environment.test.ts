import { hostname } from 'node:os';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  askingEnvironment,
  firstNodeCpus,
  nodeName,
  standing,
  withoutSlurmOptions,
} from '../../../spawner/src/slurm/job-environment.ts';

test('what another job asked goes; where Slurm is stays, and everything that is not Slurm`s', () => {
  const env = {
    PATH: '/usr/bin',
    SLURM_CONF: '/etc/slurm.conf',
    SLURM_JOB_ID: '5',
    SLURM_JWT: 'secret',
    SLURMD_NODENAME: 'n1',
    SBATCH_PARTITION: 'gpu',
    SRUN_CPUS_PER_TASK: '4',
    SALLOC_ACCOUNT: 'x',
    // a list of some jobs would say that the others have ended
    SQUEUE_PARTITION: 'gpu',
    SCANCEL_STATE: 'PENDING',
    SINFO_STATE: 'idle',
    SCONTROL_ALL: '1',
    SACCT_FEDERATION: '1',
    PMI_RANK: '0',
    PMIX_RANK: '0',
    MY_SLURM_NOTE: 'kept',
    SLURMISH: 'kept',
    EMPTY: '',
    GONE: undefined,
  };
  expect(withoutSlurmOptions(env)).toEqual({
    PATH: '/usr/bin',
    SLURM_CONF: '/etc/slurm.conf',
    MY_SLURM_NOTE: 'kept',
    SLURMISH: 'kept',
    EMPTY: '',
  });
});

test('what is asked of Slurm is answered whole', () => {
  expect(askingEnvironment({ PATH: '/bin', SLURM_BITSTR_LEN: '8', SQUEUE_NAMES: 'x' })).toEqual({
    PATH: '/bin',
    SLURM_BITSTR_LEN: '0',
  });
});

test('property: nothing is invented, and no option of a command of Slurm is left', () => {
  const name = fc.tuple(
    fc.constantFrom('SLURM_', 'SRUN_', 'SBATCH_', 'SALLOC_', 'SQUEUE_', 'SCANCEL_', 'SLURMD_', 'X_'),
    fc.stringMatching(/^[A-Z_]{1,12}$/),
  );
  const env = fc.dictionary(
    name.map(([prefix, rest]) => prefix + rest),
    fc.string(),
  );
  fc.assert(
    fc.property(env, (given) => {
      const kept = withoutSlurmOptions(given);
      for (const [key, value] of Object.entries(kept)) {
        expect(given[key]).toBe(value);
        expect(key === 'SLURM_CONF' || key.startsWith('X_')).toBe(true);
      }
      for (const key of Object.keys(given)) if (key.startsWith('X_')) expect(kept[key]).toBe(given[key]);
    }),
  );
});

test('standing: outside, in a shell of salloc, on a node', () => {
  expect(standing({})).toEqual({ kind: 'outside' });
  expect(standing({ SLURM_JOB_ID: '12; rm', SLURMD_NODENAME: 'n1' })).toEqual({ kind: 'outside' });
  expect(standing({ SLURM_JOB_ID: '12', SLURM_JOB_CPUS_PER_NODE: '8(x2),4' })).toEqual({
    kind: 'beside',
    jobId: '12',
    cpus: 8,
  });
  expect(standing({ SLURM_JOB_ID: '12', SLURMD_NODENAME: 'n1' })).toEqual({
    kind: 'inside',
    jobId: '12',
    node: 'n1',
  });
});

test('CPUs of the first node', () => {
  const samples: [string | undefined, number][] = [
    ['8(x2),4', 8],
    ['72', 72],
    ['1,2', 1],
    ['', 1],
    [undefined, 1],
    ['0', 1],
    ['x', 1],
  ];
  for (const [list, cpus] of samples) expect(firstNodeCpus(list)).toBe(cpus);
});

test('a node has the name that Slurm gives it, or its own', () => {
  expect(nodeName({ SLURMD_NODENAME: 'n1' })).toBe('n1');
  expect(nodeName({ SLURMD_NODENAME: '' })).toBe(hostname());
});
