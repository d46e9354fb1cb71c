export * from './job-environment.ts';
export * from './job-list.ts';
export * from './pending-reason.ts';
export * from './queue-watch.ts';
export * from './run-command.ts';
export * from './squeue.ts';
export * from './srun-argv.ts';
export * from './srun-port-range.ts';
