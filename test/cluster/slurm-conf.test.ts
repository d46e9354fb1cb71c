import { describe, expect, test } from '@jest/globals';
import { renderCgroupConf, renderSlurmConf, type SlurmConfInput } from './slurm-conf.ts';

const input: SlurmConfInput = {
  dir: '/tmp/c',
  hostname: 'host',
  address: { ip: '127.0.1.1', confined: true },
  mungeSocket: '/tmp/c/munge/socket',
  slurmUser: 'root',
  ctldPort: 17000,
  srunPortRange: [17100, 18099],
  nodes: [
    { name: 'n1', port: 17001 },
    { name: 'n2', port: 17002 },
  ],
  cpusPerNode: 8,
  memoryMb: 6000,
  cgroup: false,
  accountingPort: null,
  extra: [],
};
const lines = (change: Partial<SlurmConfInput> = {}): string[] =>
  renderSlurmConf({ ...input, ...change }).split('\n');

describe('slurm.conf', () => {
  test('gives each node its own port and its pretended size', () => {
    expect(lines()).toContain(
      'NodeName=n2 NodeHostname=host NodeAddr=127.0.1.1 Port=17002 CPUs=8 RealMemory=6000 State=UNKNOWN',
    );
    expect(lines()).toContain('SrunPortRange=17100-18099');
  });

  test('keeps the daemons on loopback, where the host’s name allows it, and away from the machine’s munge', () => {
    expect(lines()).toContain('SlurmctldHost=host(127.0.1.1)');
    expect(lines()).toContain('CommunicationParameters=NoCtldInAddrAny,NoInAddrAny');
    const open = lines({ address: { ip: '127.0.0.1', confined: false } });
    expect(open.some((line) => line.startsWith('CommunicationParameters'))).toBe(false);
    expect(lines()).toContain('AuthInfo=socket=/tmp/c/munge/socket');
  });

  test('tracks steps by process tree, or by cgroup', () => {
    expect(lines()).toContain('ProctrackType=proctrack/linuxproc');
    expect(lines({ cgroup: true })).toContain('ProctrackType=proctrack/cgroup');
    expect(lines({ cgroup: true })).toContain('TaskPlugin=task/cgroup,task/affinity');
    expect(renderCgroupConf('cgroup/v1')).toBe(
      'CgroupPlugin=cgroup/v1\nConstrainCores=yes\nConstrainRAMSpace=yes\n',
    );
  });

  test('keeps accounts with the daemon of its own, or none', () => {
    expect(lines()).toContain('AccountingStorageType=accounting_storage/none');
    const kept = lines({ accountingPort: 17010 });
    expect(kept).toContain('AccountingStorageHost=127.0.1.1');
    expect(kept).toContain('AccountingStoragePort=17010');
    expect(kept.filter((line) => line.startsWith('AccountingStorageType'))).toEqual([
      'AccountingStorageType=accounting_storage/slurmdbd',
    ]);
  });

  test('sets no parameter twice, so that extra lines, which come last, can override', () => {
    const keys = lines()
      .filter((line) => !/^(NodeName|PartitionName)=/.test(line))
      .map((line) => line.split('=')[0]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(lines({ extra: ['PrivateData=jobs'] }).slice(-2)).toEqual(['PrivateData=jobs', '']);
  });
});
