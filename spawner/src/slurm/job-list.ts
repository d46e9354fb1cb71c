import type { Allocation } from '@berth/schema';
import { JOB_LIST_FIELDS, JOB_LIST_STATES } from './slurm-language.ts';
import type { RunCommand } from './run-command.ts';
import { parseSqueueLine, parseTimeLeft } from './squeue.ts';

/** A job of the person's that Berth made, as one line of squeue tells it. */
export interface ListedJob {
  readonly allocation: Allocation;
  /** 16 hex digits, from the job's comment */
  readonly launchId: string;
  readonly name: string;
  /** as Slurm writes it, e.g. `500M` */
  readonly memory: string;
  /** as asked, e.g. `gpu:1`; empty when none */
  readonly gres: string;
  /** seconds; undefined when unlimited */
  readonly timeLimit: number | undefined;
}

const SEPARATOR = '|';
const OURS = /^berth:([a-f0-9]{16})$/;
const known = (text: string): string => (text === 'N/A' || text === '(null)' ? '' : text);

/** One line in `JOB_LIST_FIELDS`; undefined for one of another form, and for a job that is not ours. */
export function parseJobLine(line: string): ListedJob | undefined {
  const [comment = '', timeLimit = '', memory = '', gres = '', name = '', ...rest] = line.split(SEPARATOR);
  const launchId = OURS.exec(comment)?.[1];
  const allocation = parseSqueueLine(rest.join(SEPARATOR));
  if (launchId === undefined || allocation === undefined) return undefined;
  return {
    allocation,
    launchId,
    name,
    memory: known(memory),
    // newer versions of Slurm write `gres:gpu:1` or `gres/gpu:1`
    gres: known(gres).replace(/(^|,)gres[:/]/g, '$1'),
    timeLimit: parseTimeLeft(timeLimit),
  };
}

/** As many fields as were asked for; more when a name holds the separator. */
const inForm = (line: string): boolean =>
  line.split(SEPARATOR).length >= JOB_LIST_FIELDS.split(SEPARATOR).length;

/**
 * All jobs of the caller that Berth made and that have not ended, by one question. A query that fails throws its words; it
 * never means that a job has ended. Nor does an answer of which no line has our form, e.g. of another squeue on the path.
 */
export async function askJobs(run: RunCommand, squeue: string): Promise<readonly ListedJob[]> {
  const argv = [squeue, '--noheader', '--me', `--states=${JOB_LIST_STATES}`, `--format=${JOB_LIST_FIELDS}`];
  const result = await run(argv);
  if (result.status !== 0) throw new Error(silenceWords(result.stderr, result.status));
  const lines = result.stdout.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > 0 && !lines.some(inForm))
    throw new Error(`squeue gives something else than a list of jobs: ${lines[0]?.slice(0, 80)}`);
  return lines.flatMap((line) => parseJobLine(line) ?? []);
}

/** Why Slurm does not answer, for people: munge is named, because another daemon must be looked at then (F18). */
export function silenceWords(stderr: string, status: number | null): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^(?:squeue|scancel|slurm_load_jobs)?:? ?error: /, '').trim())
    .filter((line) => line !== '');
  const munge = lines.find((line) => /^munge /i.test(line)) ?? lines.find((line) => /munge/i.test(line));
  const said = munge ?? lines.at(-1);
  if (munge !== undefined) return `munge does not work here: ${munge}`;
  return said ?? (status === null ? 'it took too long' : `it ended with ${status} and no word`);
}
