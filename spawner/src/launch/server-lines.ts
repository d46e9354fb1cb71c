import { toJobId } from '@berth/schema';
import type { Allocation, JobState, Resources } from '@berth/schema';
import type { ToLauncherLine } from '@berth/schema/rest';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= 4096 ? value : undefined;

/**
 * One line of the user server, undefined when it is none. Looked at by hand: building the schemas takes 12 ms of a start that
 * has 60, and the other end is a process of the same person that has checked everything by them. `ToLauncherLine` is the
 * schema; a test holds the two together.
 */
export function readServerLine(line: string): ToLauncherLine | undefined {
  let fields: Fields;
  try {
    fields = fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
  switch (fields['type']) {
    case 'go': {
      if (fields['resources'] === undefined) return { type: 'go' };
      const resources = resourcesOf(fields['resources']);
      return resources && { type: 'go', resources };
    }
    case 'asking': {
      const resources = resourcesOf(fields['resources']);
      return resources && { type: 'asking', resources };
    }
    case 'refuse': {
      const [sentence, hint] = [text(fields['sentence']), text(fields['hint'])];
      if (sentence === undefined) return undefined;
      return { type: 'refuse', sentence, ...(hint === undefined ? {} : { hint }) };
    }
    case 'queue': {
      const allocation = allocationOf(fields['allocation']);
      return allocation && { type: 'queue', allocation };
    }
    case 'cancel':
      return { type: 'cancel' };
    default:
      return undefined;
  }
}

const WORDS = ['partition', 'account', 'qos', 'reservation', 'constraint', 'gres', 'memory', 'time'] as const;

/** Every value becomes part of an element of srun's argv, behind its option and "=" (T35). */
function resourcesOf(value: unknown): Resources | undefined {
  const fields = fieldsOf(value);
  const { cpus } = fields;
  if (typeof cpus !== 'number' || !Number.isInteger(cpus) || cpus < 1 || cpus > 4096) return undefined;
  const words: Record<string, string> = {};
  for (const key of WORDS) {
    const word = fields[key];
    if (word === undefined) continue;
    if (typeof word !== 'string' || !/^[A-Za-z0-9_][\x21-\x7e]{0,255}$/.test(word)) return undefined;
    words[key] = word;
  }
  const { memory, time, ...rest } = words;
  return memory === undefined || time === undefined ? undefined : { ...rest, cpus, memory, time };
}

function allocationOf(value: unknown): Allocation | undefined {
  const fields = fieldsOf(value);
  const jobId = toJobId(text(fields['jobId']));
  const [reason, estimatedStart] = [text(fields['reason']), text(fields['estimatedStart'])];
  const [state, partition] = [text(fields['state']), text(fields['partition'])];
  if (jobId === undefined || reason === undefined || state === undefined || partition === undefined)
    return undefined;
  return {
    jobId,
    // only told, never decided by
    state: state as JobState,
    reason,
    partition,
    nodes: text(fields['nodes']) ?? '',
    cpus: Number(fields['cpus']) || 0,
    ...(estimatedStart === undefined ? {} : { estimatedStart }),
  };
}
