/**
 * srun says this of every `--cpu-bind`, even `none`, wherever the cluster has no task/affinity. It changes nothing for a
 * kernel, and in a notebook's log it looks like the cause of whatever comes next. Source: Slurm's
 * slurm_verify_cpu_bind(), 22.05 to now; `--quiet` does not keep it back.
 */
const IDLE = Buffer.from('srun: cluster configuration lacks support for cpu binding\n');

/** All that goes by but that line, byte for byte; only what may still become it is kept back. */
export interface SrunWords {
  next(chunk: Buffer): Buffer;
  /** what is kept back, at the end */
  rest(): Buffer;
}

export function wordsOfSrun(): SrunWords {
  // of IDLE: how much the current line has been so far; -1 when it is another
  let same = 0;
  return {
    next(chunk) {
      const passed: Buffer[] = [];
      let from = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        if (same >= 0 && chunk[at] === IDLE[same]) {
          same += 1;
          if (same < IDLE.length) continue;
          from = at + 1;
          same = 0;
          continue;
        }
        if (same > 0) passed.push(IDLE.subarray(0, same));
        if (same >= 0) from = at;
        const end = chunk.indexOf(10, at);
        passed.push(chunk.subarray(from, end < 0 ? chunk.length : end + 1));
        same = end < 0 ? -1 : 0;
        if (end < 0) break;
        from = end + 1;
        at = end;
      }
      return Buffer.concat(passed);
    },
    rest: () => (same > 0 ? IDLE.subarray(0, same) : Buffer.alloc(0)),
  };
}
