/**
 * `SrunPortRange` in the output of `scontrol show config`; pure. Both ports are in the range. Undefined when the cluster
 * sets none, which Slurm tells as `0-0`. Source: slurm.conf(5), SrunPortRange.
 */
export function srunPortRange(config: string): readonly [number, number] | undefined {
  const match = /^SrunPortRange\s*=\s*([0-9]{1,5})-([0-9]{1,5})\s*$/m.exec(config);
  const [low, high] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  // what an unprivileged process cannot listen on is of no use
  return low >= 1024 && high <= 65_535 && low <= high ? [low, high] : undefined;
}
