import type { Resources } from '@berth/schema';
import type { TranslationBundle } from '@jupyterlab/translation';
import { durationWords } from './duration.ts';
import { timeLimitSeconds } from './time-limit.ts';

const UNITS: Readonly<Record<string, string>> = { K: 'kB', M: 'MB', G: 'GB', T: 'TB' };

/** `4G` as `4 GB`; a number without a unit is of megabytes. Source: sbatch(1), --mem. */
export function memoryWords(memory: string): string {
  const match = /^(\d+)(?:\.\d+)?([KMGT]?)/.exec(memory);
  if (!match) return memory;
  let amount = Number(match[1]);
  let unit = match[2] || 'M';
  while (amount >= 1024 && amount % 1024 === 0 && unit !== 'T') {
    amount /= 1024;
    unit = { K: 'M', M: 'G' }[unit] ?? 'T';
  }
  return `${amount} ${UNITS[unit] ?? unit}`;
}

/** `gpu:a100:2` as `2 GPU (a100)`; what is not a GPU stays as it is written. Source: sbatch(1), --gres. */
export function gresWords(gres: string): string {
  return gres
    .split(',')
    .map((one) => {
      const match = /^(?:gres[:/])?gpu(?::([A-Za-z][A-Za-z0-9_.-]*))?(?::(\d+))?$/.exec(one);
      return match ? `${match[2] ?? '1'} GPU${match[1] ? ` (${match[1]})` : ''}` : one;
    })
    .join(', ');
}

type Words = (resources: Resources, trans: TranslationBundle) => string | undefined;

/**
 * One entry for each field of the schema, in the order in which they are said: on these words a person agrees, so a new
 * field that is not said does not compile.
 */
const WORDS: Readonly<Record<keyof Resources, Words>> = {
  cpus: ({ cpus }, trans) => trans._n('%1 CPU', '%1 CPUs', cpus),
  // Slurm takes 0 for all that there is. Source: sbatch(1), --mem
  memory: ({ memory }, trans) =>
    /^0+[KMGT]?$/.test(memory) ? trans.__('all memory of the node') : memoryWords(memory),
  gres: ({ gres }) => gres && gresWords(gres),
  time: ({ time }, trans) => timeWords(time, trans),
  partition: ({ partition }, trans) => partition && trans.__('partition %1', partition),
  account: ({ account }, trans) => account && trans.__('account %1', account),
  qos: ({ qos }, trans) => qos && trans.__('QOS %1', qos),
  reservation: ({ reservation }, trans) => reservation && trans.__('reservation %1', reservation),
  constraint: ({ constraint }, trans) => constraint && trans.__('nodes with %1', constraint),
};

/** All that a job asks for, in one line: `4 CPUs, 16 GB, 1 GPU, 4 h, partition gpu, account ocean`. */
export const resourcesWords = (resources: Resources, trans: TranslationBundle): string =>
  Object.values(WORDS)
    .map((words) => words(resources, trans))
    .filter(Boolean)
    .join(', ');

/** A time limit in words; what is none stays as it is written. Source: sbatch(1), --time: zero is no limit. */
export function timeWords(time: string, trans: TranslationBundle): string {
  const seconds = timeLimitSeconds(time);
  if (seconds === undefined) return time;
  return seconds === 0 ? trans.__('no time limit') : limitWords(seconds, trans);
}

/** A limit is said in minutes up to an hour: "60 min" is what people type. */
const limitWords = (seconds: number, trans: TranslationBundle): string =>
  seconds <= 3600 && seconds % 60 === 0 ? trans.__('%1 min', seconds / 60) : durationWords(seconds, trans);
