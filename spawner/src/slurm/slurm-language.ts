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

/**
 * Options of every batch job of ours: one task on one node, which is what a kernel or a server is; its output is appended to, so
 * that a job that begins anew overwrites nothing; its environment is that of sbatch's process.
 */
export const BATCH_OPTIONS = [
  '--parsable',
  '--nodes=1',
  '--ntasks=1',
  '--open-mode=append',
  '--input=/dev/null',
  '--export=ALL',
] as const;

/** Environment prefixes by which Slurm's commands take options; foreign ones would change what we ask for. */
export const OPTION_ENV =
  /^(?:SLURM|SRUN|SBATCH|SALLOC|SQUEUE|SCANCEL|SINFO|SCONTROL|SACCT|SLURMD|PMI|PMIX)_/;

/**
 * ... and the one that squeue needs: else it cuts the indices of an array's waiting elements off at 63 characters, also within a number.
 * Source: squeue(1), SLURM_BITSTR_LEN.
 */
export const WHOLE_LISTS = { SLURM_BITSTR_LEN: '0' } as const;

/** The few of those that say where Slurm is rather than what to do. */
export const KEPT_ENV = ['SLURM_CONF'] as const;

/**
 * squeue's output, one job a line; the free-text fields stand last. `%A` because `%i` shows a task of an array as
 * ARRAY_TASK, which is not what `SLURM_JOB_ID` says.
 */
export const SQUEUE_FORMAT = '%A|%T|%S|%L|%P|%C|%N|%r';

/**
 * One question for all jobs: comment, whole time limit, memory, generic resources, name and index in a job array in front of
 * `SQUEUE_FORMAT`. The comment first: other jobs' comments may hold anything, ours have two forms only. Source: squeue(1), --format.
 */
export const JOB_LIST_FIELDS = `%k|%l|%m|%b|%j|%K|${SQUEUE_FORMAT}`;

/** Comment and number: of an array that of the whole, which no other field of `JOB_LIST_FIELDS` tells. */
export const BATCH_NUMBER_FIELDS = '%k|%F';

/** Flags beside a job's state, which squeue writes in place of it, and the state that it has with them. Source: job_state_string() of Slurm 22.05 and 25.11. */
export const STATE_FLAGS = {
  EXPEDITING: 'PENDING',
  REQUEUED: 'PENDING',
  REQUEUE_FED: 'PENDING',
  REQUEUE_HOLD: 'PENDING',
  RESV_DEL_HOLD: 'PENDING',
  SPECIAL_EXIT: 'PENDING',
  RESIZING: 'RUNNING',
  SIGNALING: 'RUNNING',
  STOPPED: 'SUSPENDED',
  STAGE_OUT: 'COMPLETING',
} as const;

/**
 * The caller's jobs, also those whose partition is hidden or is theirs no more, which squeue leaves out else. Without `--states` those
 * that have not ended: with a list of states it compares state and flags as a whole, and leaves out a job with a flag that the list
 * does not name. Source: squeue(1), --all; _filter_job() of Slurm 22.05.
 */
export const OWN_JOBS = ['--noheader', '--me', '--all'] as const;

/** ... and those that have ended, for as long as Slurm remembers them (slurm.conf(5), MinJobAge). */
export const ANY_STATE = '--states=all';

/**
 * One question for the Hub's servers of all people: person, job, state, start, node, reason. Nothing that a person can write: a
 * comment may hold the separator and line ends, and bob's would tell what he likes of alice's job (T36).
 */
export const HUB_JOB_FIELDS = '%u|%A|%T|%S|%N|%r';

/** The same asked as one person of their own jobs, and the comment that finds them (spawner/hub/helper/slurm.c). */
export const OWN_HUB_JOB_FIELDS = `${HUB_JOB_FIELDS}|%k`;

/** The name of all these jobs: squeue then leaves the others out. */
export const HUB_JOB_NAME = 'berth-hub';

/** A node of a partition a line: its address, the partition (the cluster's standard one with `*`), whether that is up, the node's state, CPUs used/idle/other/all. */
export const NODE_FIELDS = '%N|%o|%P|%a|%T|%C';
