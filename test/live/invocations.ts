/** One call of a command of Slurm's; run once in a kernel and once outside of any container, its answers are compared. */
export interface Invocation {
  readonly argv?: readonly string[];
  readonly shell?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** after its first line of output */
  readonly signal?: readonly string[];
  /** in a terminal: what is typed each time `prompt` was written */
  readonly prompt?: string;
  readonly typed?: readonly string[];
  /** how the two differ beside EVERYWHERE, and why */
  readonly explained?: Explained;
  /** why the statuses are not the same, and which they are */
  readonly statuses?: readonly [why: string, outside: number, inside: number];
}

/** Why the answers may differ, and what is then left of them to be compared. */
export type Explained = readonly [why: string, from: RegExp, to: string];

/** In any answer. */
export const EVERYWHERE: readonly Explained[] = [
  ['each step has a number of its own', /\b(StepId=|STEP )\d+\.\d+\b/g, '$1N'],
  [
    'a step waits for the one before it that is still ending, or does not',
    /^srun: (?:Job \d+ step creation .*retrying.*|Step created for .*)\n/gm,
    '',
  ],
];
const NUMBER: Explained = ['every job has a number of its own', /\b\d+\b/g, 'N'];
const SLOW: Explained = [
  'a step may be told to be ended by one task sooner than by another, and knows then more or less of it',
  /^(?:srun: (?:Job step aborted|launch\/slurm: launch_p_step_launch: |Force|sending|StepId=|error: \S+: task \d+: )|slurmstepd).*\n/gm,
  '',
];
const NAMED: Explained = [
  'the image names what it cannot run',
  /^(?:srun: error|slurmstepd|ch-run|berth).*\n/gm,
  '',
];
const CH_RUN =
  "ch-run has one status for a command that it cannot run, srun's is the system's number of the reason";

const questions: readonly Invocation[] = [
  ['squeue', '--noheader', '--format=%i %j %T %u'],
  ['squeue', '-h', '-o', '%i|%P|%D'],
  ['squeue', '--me', '-h', '--states=all', '-O', 'jobid:10,partition:20'],
  ['squeue', '--steps', '-h', '-o', '%u'],
  ['squeue', '-j', '999999'],
  ['squeue', '--user=nobody-at-all'],
  ['squeue', '--no-such-option'],
  ['squeue', '--version'],
  ['squeue', '--usage'],
  ['squeue', '-h', '-w', 'nowhere'],
  ['sinfo'],
  ['sinfo', '-h', '-o', '%P %a %D %t'],
  ['sinfo', '--Node', '--long', '-h', '-o', '%N %c %m'],
  ['sinfo', '-p', 'nothing'],
  ['sinfo', '--version'],
  ['sinfo', '-Z'],
  ['sacct', '--helpformat'],
  ['sacct', '--format=nonsense'],
  ['sacct', '--version'],
  ['scontrol', 'show', 'partition', 'main'],
  ['scontrol', 'show', 'hostnames', 'a[1-3],b'],
  ['scontrol', 'show', 'hostlist', 'a1,a2,a3'],
  ['scontrol', 'show', 'job', '999999'],
  ['scontrol', 'show', 'node', 'nowhere'],
  ['scontrol', 'ping'],
  ['scontrol', '--oneliner', 'show', 'partitions'],
  ['scontrol', 'update', 'JobId=999999', 'TimeLimit=1'],
  ['scontrol', 'nonsense'],
  ['scancel', '999999'],
  ['scancel', '--name=no-such-job'],
  ['scancel', 'x'],
  ['scancel', '--signal=NONSENSE', '1'],
  ['scancel'],
].map((argv) => ({ argv }));

const accounts: readonly Invocation[] = [
  { shell: 'sacct -X -n -P -j $SLURM_JOB_ID --format=JobID,User,State,AllocCPUS' },
];

const run = ['srun', '--mem=100'];
const steps: readonly Invocation[] = [
  { argv: [...run, 'hostname'] },
  { argv: [...run, '-O', '-n', '4', 'hostname'] },
  { shell: `${run.join(' ')} -O -l -n2 echo 'a  b' '' '$HOME' '*' | sort` },
  { argv: [...run, 'sh', '-c', 'exit 3'] },
  { argv: [...run, 'sh', '-c', 'kill -TERM $$'] },
  { argv: [...run, 'sh', '-c', 'kill -SEGV $$'] },
  { argv: [...run, 'sh', '-c', 'echo out; echo err >&2'] },
  { argv: [...run, 'cat'], input: 'a pipe\ninto it\n' },
  { argv: [...run, '-u', 'cat'], input: 'x'.repeat(300_000) },
  { argv: [...run, 'wc', '-c'], input: 'y'.repeat(1_000_000) },
  { argv: [...run, '--input=none', 'cat'], input: 'not read' },
  { argv: [...run, '--job-name=mine', 'sh', '-c', 'echo $SLURM_JOB_NAME'] },
  { argv: [...run, 'sh', '-c', 'echo $SLURM_STEP_NUM_TASKS $SLURM_PROCID'] },
  { argv: [...run, '--export=ALL,MINE=1', 'sh', '-c', 'echo $MINE'] },
  { argv: [...run, 'sh', '-c', 'echo "$MINE"'], env: { MINE: 'a\nb  c' } },
  { argv: [...run, '-D', '/tmp', 'sh', '-c', 'pwd'] },
  { argv: [...run, 'sh', '-c', 'pwd; umask'] },
  { argv: [...run, 'no-such-program'], explained: NAMED, statuses: [CH_RUN, 2, 1] },
  { argv: [...run, '/etc'], explained: NAMED, statuses: [CH_RUN, 13, 1] },
  { argv: ['srun', '-n'] },
  { argv: ['srun'] },
  { argv: ['srun', '--version'] },
  { argv: ['srun', '--help'] },
  { argv: ['srun', '-p', 'nothing', '--jobid=', 'true'] },
  { argv: [...run, '-w', 'nowhere', 'true'] },
  { argv: [...run, '--ntasks=x', 'true'] },
  { argv: [...run, '--', 'echo', '--', '-n', '2'] },
  // two steps at once: by default each would have all that the job has, and wait for the other
  { shell: 'srun --mem=100 --overlap echo one | srun --mem=100 --overlap cat | cat' },
  { shell: 'squeue -h -o %u | srun --mem=100 cat' },
  { shell: 'srun --mem=100 sh -c "echo begun; exec sleep 2" | { read a; squeue -h -o %u | wc -l; cat; }' },
  { shell: 'for i in 1 2 3; do srun --mem=100 echo $i; done; echo $?' },
  { shell: 'srun --mem=100 sh -c "echo a; exit 7" && echo no || echo $?' },
  { shell: 'srun --mem=100 cat < /dev/null > /dev/null; echo $?' },
  // exec: a shell that outlives its child for a moment tells that it was killed, and one that does not, not
  { argv: [...run, 'sh', '-c', 'echo begun; exec sleep 60'], signal: ['SIGINT', 'SIGINT'], explained: SLOW },
  // once: srun asks for another, and goes on
  {
    argv: [...run, 'sh', '-c', 'echo begun; sleep 5; echo through'],
    signal: ['SIGINT'],
    explained: ['srun may have heard already that its task runs', /task 0: (?:unknown|running)/g, 'task 0'],
  },
  { argv: [...run, 'sh', '-c', 'echo begun; exec sleep 60'], signal: ['SIGTERM'], explained: SLOW },
  // Slurm signals one process after another: a child that died of it first would end the shell before it heard it
  {
    argv: [
      ...run,
      'sh',
      '-c',
      'trap "" USR1; sleep 20 & p=$!; trap "echo usr1; kill $p" USR1; echo begun; wait; wait; exit 3',
    ],
    signal: ['SIGUSR1'],
  },
];

const batch: readonly Invocation[] = [
  {
    shell:
      'sbatch --wait -Q --mem=10 -o "$HOME/o" script.sh x "y z"; echo $?; cat "$HOME/o"; rm -f "$HOME/o"',
  },
  { shell: 'sbatch --mem=10 -o /dev/null script.sh', explained: NUMBER },
  { shell: 'sbatch --parsable --mem=10 -o /dev/null < script.sh', explained: NUMBER },
  { shell: 'sbatch --wait -Q --mem=10 -o "$HOME/o" --wrap="exit 5"; echo $?; rm -f "$HOME/o"' },
  { shell: 'sbatch --test-only --mem=10 script.sh 2>&1 | sed "s/to start at.*//"', explained: NUMBER },
  { argv: ['sbatch', 'no-such-script.sh'] },
  { argv: ['sbatch', '--mem=10'], input: 'echo no interpreter\n' },
  { argv: ['sbatch', '--mem=10'], input: '' },
  { argv: ['sbatch', '--mem=10'], input: '#!/bin/sh\r\ntrue\r\n' },
  { argv: ['sbatch', '--mem=10'], input: '#!/bin/sh\n#SBATCH --no-such-option\n' },
  { argv: ['sbatch', '--mem=10'], input: '#!/bin/sh\n#SBATCH -p nothing\n' },
  { argv: ['sbatch', '--uid=0', '--mem=10'], input: '#!/bin/sh\n' },
  { argv: ['sbatch', '--begin=nonsense'], input: '#!/bin/sh\n' },
  {
    shell:
      'sbatch -Q --wait --mem=10 --array=0-1 -o "$HOME/o%a" script.sh; cat "$HOME/o0" "$HOME/o1"; rm -f "$HOME"/o?',
  },
  { argv: ['salloc', '-Q', '--mem=10', 'sh', '-c', 'echo $SLURM_JOB_NAME; exit 4'] },
  { argv: ['salloc', '-Q', '--mem=10', 'srun', 'hostname'] },
  { argv: ['salloc', '--mem=10', '-p', 'nothing', 'true'] },
  { argv: ['salloc', '--version'] },
];

const terminals: readonly Invocation[] = [
  {
    argv: [
      ...run,
      '--pty',
      'sh',
      '-c',
      'echo ready; read a; echo "got $a"; tty > /dev/null && echo terminal',
    ],
    prompt: 'ready',
    typed: ['hello\n'],
  },
  { argv: [...run, 'sh', '-c', 'echo one; echo two'], prompt: '~' },
];

export const INVOCATIONS: readonly Invocation[] = [
  ...questions,
  ...accounts,
  ...steps,
  ...batch,
  ...terminals,
];

/** script.sh beside them */
export const SCRIPT = '#!/bin/sh\n#SBATCH --job-name=said\necho "$SLURM_JOB_NAME" "$#" "$1" "$2"\n';

/** One of each kind that a notebook's cell has. */
export const CORE: readonly Invocation[] = [
  // a job that ends meanwhile is in one answer and not in the other
  { argv: ['squeue', '-h', '--states=RUNNING', '-o', '%i %u %P'] },
  {
    shell: 'sbatch --wait -Q --mem=10 -o core-o script.sh x "y z"; echo $?; cat core-o; rm -f core-o',
  },
  { argv: [...run, '-O', '-n', '4', 'hostname'] },
  { argv: [...run, 'cat'], input: 'a pipe\ninto it\n' },
  { argv: [...run, 'sh', '-c', 'echo out; echo err >&2; exit 3'] },
  { argv: [...run, 'sh', '-c', 'echo begun; exec sleep 60'], signal: ['SIGINT', 'SIGINT'], explained: SLOW },
  {
    argv: [
      ...run,
      '--pty',
      'sh',
      '-c',
      'echo ready; read a; echo "got $a"; tty > /dev/null && echo terminal',
    ],
    prompt: 'ready',
    typed: ['hello\n'],
  },
];
