/**
 * The families of reasons that name a limit: of a QOS or an account, of a group, a user, or a job, for one kind of resource.
 * Their words are made of the name's parts, since Slurm makes the names the same way: 22.05 has 140 of them. Source:
 * slurm_protocol_defs.c, job_reason_string(), and sacctmgr(1) for what they mean.
 */
const LIMIT =
  /^(?<by>QOS|Assoc)?(?<kind>Grp|Max|Min)(?<what>BB|Billing|CPU|Cpu|Energy|GRES|License|Memory|Mem|Node|Jobs|SubmitJobs?|WallDuration|Wall|Unknown)(?<minutes>RunMinutes|Minutes)?(?<per>Per(?:Job|User|Node|Account))?(?:Limit|NotSatisfied)?$/;

/** each fits into "more … than it allows" and "as much as it may of …" */
const WHAT: Readonly<Record<string, string>> = {
  BB: 'burst buffer',
  Billing: 'billing units',
  CPU: 'CPUs',
  Cpu: 'CPUs',
  Energy: 'energy',
  GRES: 'GPUs (or the like)',
  License: 'licenses',
  Mem: 'memory',
  Memory: 'memory',
  Node: 'nodes',
  Unknown: 'of a resource',
};
const JOBS = /^(?:Jobs|SubmitJobs?)$/;
const TIME = /^Wall/;

/** In words, with what to do; undefined for what is no limit. */
export function limitReason(word: string): string | undefined {
  const parts = LIMIT.exec(word)?.groups;
  if (parts === undefined) return undefined;
  const { by, kind = '', what = '', minutes, per } = parts;
  const whose = by === 'QOS' ? 'your QOS' : 'your account';
  // without either it is a partition's or the cluster's own, which have words of their own
  if (by === undefined && per !== 'PerAccount') return undefined;
  if (kind === 'Min')
    return `it asks for less ${named(what)} than ${whose} demands; cancel, and ask for more`;
  const perJob = per === 'PerJob' || per === 'PerNode';
  if (TIME.test(what) && kind === 'Max')
    return `the time asked for is more than ${whose} allows; cancel, and ask for less`;
  if (minutes !== undefined && perJob)
    return `it asks for ${named(what)} for longer than ${whose} allows a job; cancel, and ask for less or shorter`;
  if (minutes?.startsWith('Run') === true)
    return `what runs under ${whose} has as much time before it as it may; wait, or ask for less time`;
  if (minutes !== undefined || TIME.test(what))
    return `${whose} has used up its time on this cluster; ask the centre for more, or use another one`;
  if (JOBS.test(what))
    return kind === 'Grp' || per === 'PerAccount'
      ? `all who share ${whose} have as many jobs as they may together; wait until one ends`
      : `you have as many jobs as ${whose} allows; wait, or end one of yours`;
  const more = `more ${named(what)} than ${whose} allows`;
  if (perJob)
    return `it asks for ${more} ${per === 'PerNode' ? 'on a node' : 'a job'}; cancel, and ask for less`;
  return kind === 'Grp' || per === 'PerAccount'
    ? `with it, all who share ${whose} would have more ${named(what)} than they may; wait, or ask for less`
    : `with it, you would have ${more}; wait, end another job of yours, or ask for less`;
}

const named = (what: string): string => WHAT[what] ?? what;
