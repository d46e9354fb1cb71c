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

/** What a job asks for, in one line: `4 CPUs, 16 GB, 1 GPU, 4 h on gpu`. */
export function resourcesWords(resources: Resources, trans: TranslationBundle): string {
  const { cpus, memory, gres, time, partition } = resources;
  const seconds = timeLimitSeconds(time);
  const parts = [
    trans._n('%1 CPU', '%1 CPUs', cpus),
    memoryWords(memory),
    ...(gres ? [gresWords(gres)] : []),
    seconds === undefined ? time : limitWords(seconds, trans),
  ].join(', ');
  return partition ? trans.__('%1 on %2', parts, partition) : parts;
}

/** A limit is said in minutes up to an hour: "60 min" is what people type. */
const limitWords = (seconds: number, trans: TranslationBundle): string =>
  seconds <= 3600 && seconds % 60 === 0 ? trans.__('%1 min', seconds / 60) : durationWords(seconds, trans);
