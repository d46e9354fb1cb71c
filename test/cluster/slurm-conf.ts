/**
 * Where Slurm listens. Confined: on `ip` only. Otherwise on every address of the machine, because slurmd and srun
 * bind either to what the machine's own name resolves to, or to all.
 */
export interface SlurmAddress {
  readonly ip: string;
  readonly confined: boolean;
}

/** All that a slurm.conf of ours depends on. Sizes: memoryMb in MiB per node. */
export interface SlurmConfInput {
  readonly dir: string;
  readonly hostname: string;
  readonly address: SlurmAddress;
  readonly mungeSocket: string;
  /** the daemons' user: root, or the caller without root */
  readonly slurmUser: string;
  readonly ctldPort: number;
  readonly srunPortRange: readonly [number, number];
  readonly nodes: readonly { readonly name: string; readonly port: number }[];
  readonly cpusPerNode: number;
  readonly memoryMb: number;
  readonly cgroup: boolean;
  /** of slurmdbd; null: no accounting */
  readonly accountingPort: number | null;
  readonly extra: readonly string[];
}

/** slurm.conf(5) of one cluster; pure. `extra` comes last, so that a test can override (or break) a line. */
export function renderSlurmConf(c: SlurmConfInput): string {
  const names = c.nodes.map((n) => n.name).join(',');
  return [
    'ClusterName=berth',
    `SlurmctldHost=${c.hostname}(${c.address.ip})`,
    `SlurmctldPort=${c.ctldPort}`,
    `SrunPortRange=${c.srunPortRange[0]}-${c.srunPortRange[1]}`,
    ...(c.address.confined ? ['CommunicationParameters=NoCtldInAddrAny,NoInAddrAny'] : []),
    'AuthType=auth/munge',
    `AuthInfo=socket=${c.mungeSocket}`,
    'CredType=cred/munge',
    `SlurmUser=${c.slurmUser}`,
    `SlurmdUser=${c.slurmUser}`,
    `StateSaveLocation=${c.dir}/state`,
    `SlurmdSpoolDir=${c.dir}/spool/%n`,
    `SlurmctldPidFile=${c.dir}/run/slurmctld.pid`,
    `SlurmdPidFile=${c.dir}/run/slurmd.%n.pid`,
    `SlurmctldLogFile=${c.dir}/log/slurmctld.log`,
    `SlurmdLogFile=${c.dir}/log/slurmd.%n.log`,
    'SlurmctldDebug=info',
    'SlurmdDebug=info',
    ...tracking(c.cgroup),
    'MpiDefault=none',
    'SwitchType=switch/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU_Memory',
    'JobAcctGatherType=jobacct_gather/linux',
    ...accounting(c),
    'JobCompType=jobcomp/none',
    // A node that was away comes back by itself; jobs start at once and end soon after a time limit.
    'ReturnToService=2',
    'SchedulerType=sched/backfill',
    'SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2',
    'KillWait=3',
    'OverTimeLimit=0',
    // how many jobs there have been is counted long after they ended, on a slow machine too; by default Slurm forgets one after 300 s
    'MinJobAge=3600',
    // The nodes pretend: one machine has fewer CPUs and less memory than all of them together.
    'SlurmdParameters=config_overrides',
    ...c.nodes.map((n) =>
      [
        `NodeName=${n.name} NodeHostname=${c.hostname} NodeAddr=${c.address.ip} Port=${n.port}`,
        `CPUs=${c.cpusPerNode} RealMemory=${c.memoryMb} State=UNKNOWN`,
      ].join(' '),
    ),
    `PartitionName=main Nodes=${names} Default=YES DefaultTime=01:00:00 MaxTime=1-00:00:00 State=UP`,
    `PartitionName=debug Nodes=${names} MaxTime=00:02:00 State=UP`,
    ...c.extra,
    '',
  ].join('\n');
}

function tracking(cgroup: boolean): readonly string[] {
  return cgroup
    ? ['ProctrackType=proctrack/cgroup', 'TaskPlugin=task/cgroup,task/affinity']
    : ['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none'];
}

function accounting({ accountingPort, address, mungeSocket }: SlurmConfInput): readonly string[] {
  if (accountingPort === null) return ['AccountingStorageType=accounting_storage/none'];
  return [
    'AccountingStorageType=accounting_storage/slurmdbd',
    `AccountingStorageHost=${address.ip}`,
    `AccountingStoragePort=${accountingPort}`,
    // so it is named here: munge's socket, and not AuthInfo's
    `AccountingStoragePass=${mungeSocket}`,
  ];
}

/** cgroup.conf(5). The plugin is named, because autodetect takes a hybrid hierarchy (v1 controllers) for v2. */
export function renderCgroupConf(plugin: 'cgroup/v1' | 'cgroup/v2'): string {
  return [`CgroupPlugin=${plugin}`, 'ConstrainCores=yes', 'ConstrainRAMSpace=yes', ''].join('\n');
}
