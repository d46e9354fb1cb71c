import { expect, test } from '@jest/globals';
import { srunPortRange } from '@berth/spawner/slurm';

/** Recorded: `scontrol show config` of Slurm 22.05.8, the lines around. */
const recorded = (range: string): string => `Configuration data as of 2026-11-21T04:01:50
SlurmctldPort           = 11601
SlurmdParameters        = config_overrides
SLURM_VERSION           = 22.05.8
SrunEpilog              = (null)
SrunPortRange           = ${range}
SrunProlog              = (null)
StateSaveLocation       = /var/spool/slurmctld

Slurmctld(primary) at head is UP
`;

test.each<readonly [string, readonly [number, number] | undefined]>([
  ['11700-12699', [11700, 12699]],
  ['60001-60001', [60001, 60001]],
  ['0-0', undefined],
  ['(null)', undefined],
  ['1-1023', undefined],
  ['60000-70000', undefined],
  ['63000-60001', undefined],
])('SrunPortRange = %s', (text, range) => {
  expect(srunPortRange(recorded(text))).toEqual(range);
});

test('no answer, or another one, is no range', () => {
  expect(srunPortRange('')).toBeUndefined();
  expect(srunPortRange('slurm_load_ctl_conf error: Unable to contact slurm controller')).toBeUndefined();
  expect(srunPortRange('NotSrunPortRange = 2000-3000')).toBeUndefined();
});
