import { expect, test } from '@jest/globals';
import { limitReason } from '../../../spawner/src/slurm/limit-reason.ts';
import { pendingReason } from '../../../spawner/src/slurm/pending-reason.ts';

test.each([
  [
    'QOSMaxCpuPerUserLimit',
    'with it, you would have more CPUs than your QOS allows; wait, end another job of yours, or ask for less',
  ],
  [
    'AssocGrpMemLimit',
    'with it, all who share your account would have more memory than they may; wait, or ask for less',
  ],
  [
    'QOSMaxGRESPerJob',
    'it asks for more GPUs (or the like) than your QOS allows a job; cancel, and ask for less',
  ],
  [
    'AssocMaxCpuPerNode',
    'it asks for more CPUs than your account allows on a node; cancel, and ask for less',
  ],
  ['QOSMinCpuNotSatisfied', 'it asks for less CPUs than your QOS demands; cancel, and ask for more'],
  ['QOSMaxJobsPerUserLimit', 'you have as many jobs as your QOS allows; wait, or end one of yours'],
  [
    'MaxJobsPerAccount',
    'all who share your account have as many jobs as they may together; wait until one ends',
  ],
  [
    'AssocMaxWallDurationPerJobLimit',
    'the time asked for is more than your account allows; cancel, and ask for less',
  ],
  [
    'AssocGrpCPUMinutesLimit',
    'your account has used up its time on this cluster; ask the centre for more, or use another one',
  ],
  [
    'QOSGrpCPURunMinutesLimit',
    'what runs under your QOS has as much time before it as it may; wait, or ask for less time',
  ],
])('%s', (word, words) => {
  expect(limitReason(word)).toBe(words);
});

test('what is no limit has no words of one', () => {
  for (const word of ['PartitionNodeLimit', 'MaxMemPerLimit', 'QOSNotAllowed', 'Grp', '', 'MaxNodes'])
    expect(limitReason(word)).toBeUndefined();
});

/** All that waiting can be called in 22.05, by slurm_protocol_defs.c: families by their parts, the rest by name. */
const TRES = ['BB', 'Billing', 'Energy', 'GRES', 'License', 'Unknown'];
const OF_22_05: readonly string[] = [
  ...TRES.flatMap((what) =>
    ['', 'Minutes', 'RunMinutes'].flatMap((time) => [`AssocGrp${what}${time}`, `QOSGrp${what}${time}`]),
  ),
  ...TRES.flatMap((what) => [
    `AssocMax${what}PerJob`,
    `QOSMax${what}PerJob`,
    `QOSMax${what}PerUser`,
    `QOSMin${what}`,
    `Max${what}PerAccount`,
  ]),
  ...TRES.flatMap((what) => [`AssocMax${what}MinutesPerJob`, `QOSMax${what}MinutesPerJob`]),
  ...[
    'CpuLimit',
    'CPUMinutesLimit',
    'CPURunMinutesLimit',
    'JobsLimit',
    'MemLimit',
    'NodeLimit',
    'SubmitJobsLimit',
    'WallLimit',
  ].flatMap((what) => [`AssocGrp${what}`, `QOSGrp${what}`]),
  ...['AssocGrpMemMinutes', 'AssocGrpMemRunMinutes', 'AssocGrpNodeMinutes', 'AssocGrpNodeRunMinutes'],
  ...['QOSGrpMemoryMinutes', 'QOSGrpMemoryRunMinutes', 'QOSGrpNodeMinutes', 'QOSGrpNodeRunMinutes'],
  ...[
    'AssocMaxCpuMinutesPerJobLimit',
    'AssocMaxCpuPerJobLimit',
    'AssocMaxCpuPerNode',
    'AssocMaxJobsLimit',
    'AssocMaxMemPerJob',
  ],
  ...['AssocMaxMemMinutesPerJob', 'AssocMaxMemPerNode', 'AssocMaxNodePerJobLimit', 'AssocMaxSubmitJobLimit'],
  ...[
    'AssocMaxWallDurationPerJobLimit',
    'QOSMaxCpuMinutesPerJobLimit',
    'QOSMaxCpuPerJobLimit',
    'QOSMaxCpuPerUserLimit',
  ],
  ...[
    'QOSMaxMemoryPerJob',
    'QOSMaxMemoryPerUser',
    'QOSMaxNodePerJobLimit',
    'QOSMaxNodePerUserLimit',
    'QOSMaxSubmitJobPerUserLimit',
  ],
  ...[
    'QOSMaxWallDurationPerJobLimit',
    'QOSMinMemory',
    'QOSMinNode',
    'QOSMinCpuNotSatisfied',
    'QOSMaxJobsPerUserLimit',
  ],
  ...[
    'MaxCpuPerAccount',
    'MaxMemoryPerAccount',
    'MaxNodePerAccount',
    'MaxJobsPerAccount',
    'MaxSubmitJobsPerAccount',
    'MaxMemPerLimit',
  ],
  ...[
    'AccountNotAllowed',
    'AccountingPolicy',
    'AssociationJobLimit',
    'AssociationResourceLimit',
    'AssociationTimeLimit',
  ],
  ...[
    'BadConstraints',
    'BeginTime',
    'BurstBufferOperation',
    'BurstBufferResources',
    'BurstBufferStageIn',
    'Cleaning',
    'DeadLine',
  ],
  ...[
    'Dependency',
    'DependencyNeverSatisfied',
    'FedJobLock',
    'FrontEndDown',
    'InvalidAccount',
    'InvalidQOS',
    'JobArrayTaskLimit',
  ],
  ...[
    'JobHeldAdmin',
    'JobHeldUser',
    'JobHoldMaxRequeue',
    'JobLaunchFailure',
    'Licenses',
    'NodeDown',
    'None',
    'PartitionConfig',
  ],
  ...[
    'PartitionDown',
    'PartitionInactive',
    'PartitionNodeLimit',
    'PartitionTimeLimit',
    'PowerNotAvail',
    'PowerReserved',
    'Priority',
  ],
  ...[
    'Prolog',
    'QOSJobLimit',
    'QOSNotAllowed',
    'QOSResourceLimit',
    'QOSTimeLimit',
    'QOSUsageThreshold',
    'ReqNodeNotAvail',
  ],
  ...['Reservation', 'ReservationDeleted', 'Resources', 'SchedDefer', 'SystemFailure'],
];

test('each reason that a job may wait for has words', () => {
  expect(OF_22_05.filter((reason) => pendingReason(reason) === reason)).toEqual([]);
  // in words: none of the names in the middle of them
  expect(
    OF_22_05.filter((reason) =>
      /undefined|[a-z][A-Z][a-z]/.test(pendingReason(reason).replace(` (${reason})`, '')),
    ),
  ).toEqual([]);
});
