/**
 * Slurm's command language, the one table: option names, output fields, states. Everything else in this folder speaks
 * through it. Source: srun(1), squeue(1), scontrol(1) of Slurm 22.05.
 */

/** Resource words of ours -> srun's long options. */
export const RESOURCE_OPTIONS = {
  partition: '--partition',
  account: '--account',
  qos: '--qos',
  reservation: '--reservation',
  constraint: '--constraint',
  gres: '--gres',
  memory: '--mem',
  time: '--time',
} as const;

/**
 * Options of every step of ours. `--unbuffered` because srun buffers a pipe by line and a protocol over it would hang;
 * `--overlap` so that an srun from the notebook does not wait for the CPUs of the kernel's own step for ever;
 * `--cpu-bind=none` because otherwise a kernel gets one core under task/affinity.
 */
export const STEP_OPTIONS = [
  '--unbuffered',
  '--quiet',
  '--overlap',
  '--nodes=1',
  '--ntasks=1',
  '--cpu-bind=none',
  '--mpi=none',
  '--chdir=/',
] as const;

/** Environment prefixes by which Slurm's commands take options; foreign ones would change what we ask for. */
export const OPTION_ENV = /^(?:SLURM|SRUN|SBATCH|SALLOC|SLURMD|PMI|PMIX)_/;

/** The few of those that say where Slurm is rather than what to do. */
export const KEPT_ENV = ['SLURM_CONF'] as const;

/**
 * squeue's output, one job a line; the free-text fields stand last. `%A` because `%i` shows a task of an array as
 * ARRAY_TASK, which is not what `SLURM_JOB_ID` says.
 */
export const SQUEUE_FORMAT = '%A|%T|%S|%L|%P|%C|%N|%r';

/**
 * One question for all jobs: comment, whole time limit, memory, generic resources and name in front of `SQUEUE_FORMAT`. The
 * comment first: other jobs' comments may hold anything, ours have one form only. Source: squeue(1), --format.
 */
export const JOB_LIST_FIELDS = `%k|%l|%m|%b|%j|${SQUEUE_FORMAT}`;

/** States in which a job is of interest. A job in another has ended. */
export const JOB_LIST_STATES = 'PENDING,CONFIGURING,RUNNING,SUSPENDED,COMPLETING';
