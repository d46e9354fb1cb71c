import { join } from 'node:path';

export const JOB_ID = /^[a-f0-9]{16}$/;

/** Of one job; all but `slurm`, `outcome` and what is below `elements` never changes once it is there. Pure. */
export interface JobPaths {
  readonly root: string;
  /** job.json, the last that is written */
  readonly record: string;
  readonly notebook: string;
  readonly parameters: string;
  /** what Jupyter calls a path for data: kernelspecs are in `kernels` below it */
  readonly jupyter: string;
  readonly kernelSpec: string;
  readonly slurm: string;
  /** how all elements ended, once that is certain */
  readonly outcome: string;
  /** one directory for each element, made on the node, and in it one for each attempt: `3/attempt-0` */
  readonly elements: string;
}

export function jobPaths(directory: string, id: string): JobPaths {
  const root = join(directory, id);
  const jupyter = join(root, 'jupyter');
  return {
    root,
    record: join(root, 'job.json'),
    notebook: join(root, 'input.ipynb'),
    parameters: join(root, 'parameters.json'),
    jupyter,
    kernelSpec: join(jupyter, 'kernels'),
    slurm: join(root, 'slurm.json'),
    outcome: join(root, 'outcome.json'),
    elements: join(root, 'elements'),
  };
}

/** What Slurm itself writes: what is said before the program on the node has a log of its own. Names as sbatch takes them. */
export const slurmOutput = (isArray: boolean): string => (isArray ? 'slurm-%a.out' : 'slurm.out');
export const slurmOutputOf = (isArray: boolean, index: number): string =>
  isArray ? `slurm-${index}.out` : 'slurm.out';
