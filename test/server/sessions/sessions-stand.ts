/** People's servers with stand-ins for a disk, Slurm, homes and whatever else fails; its time is jest's. */
import { jest } from '@jest/globals';
import { JobId, Resources, type SessionRecord } from '@berth/schema';
import type { HubJob, OwnHubJob } from '@berth/spawner/slurm';
import { places } from '../../../server/src/catalog/index.ts';
import type { Helper } from '../../../server/src/sessions/as-person.ts';
import { Sessions } from '../../../server/src/sessions/sessions.ts';

export const [ID, JOB] = ['0123456789abcdef', JobId.parse('4711')];
export const jobOf = (more: Partial<HubJob> = {}): HubJob => ({
  user: 'alice',
  jobId: JOB,
  state: 'RUNNING',
  node: 'n1',
  reason: 'None',
  ...more,
});
export const order = { user: 'alice', server: '', options: {}, env: {}, args: [] };
export const record = (more: Partial<SessionRecord> = {}): SessionRecord => ({
  id: ID,
  user: 'alice',
  uid: 2001,
  server: '',
  options: {},
  resources: Resources.parse({}),
  made: Date.now(),
  nonce: '00',
  ...more,
});

export function siteOf({
  records = [],
  helper = {},
}: {
  records?: readonly SessionRecord[];
  helper?: Partial<Helper>;
}) {
  const site = {
    /** what Slurm has; `hidden` only its owner sees */
    jobs: [] as HubJob[],
    hidden: [] as OwnHubJob[],
    /** has another name by now: only who asks for its number finds it */
    renamed: [] as OwnHubJob[],
    kept: new Map(records.map((one) => [one.id, one] as const)),
    diskFull: false,
    silent: false,
    address: '192.0.2.1' as string | undefined,
    cancelled: [] as string[],
    warned: [] as string[],
    limits: { perUser: 1, total: 10 },
  };
  const full = async (): Promise<void> => {
    if (site.diskFull) throw new Error('ENOSPC');
  };
  const sessions = new Sessions({
    store: {
      all: async () => [...site.kept.values()],
      write: async (one) => {
        await full();
        site.kept.set(one.id, one);
      },
      remove: async (id) => {
        await full();
        site.kept.delete(id);
      },
    },
    helper: {
      submit: async () => JOB,
      cancel: async (_, id, jobId) => void site.cancelled.push(`${id} ${jobId ?? ''}`),
      list: async (_, jobId) => {
        const named = [...site.jobs.map((job) => ({ ...job, id: ID })), ...site.hidden];
        return jobId === undefined ? named : [...named, ...site.renamed].filter((one) => one.jobId === jobId);
      },
      log: async () => '',
      ...helper,
    },
    inTurn: places(8),
    cancelInTurn: places(8),
    accounts: { find: async (name) => ({ name, uid: 2001, groups: [name] }) },
    limits: async () => site.limits,
    choose: async () => ({ options: {}, resources: Resources.parse({}) }),
    forJob: async () => ({}),
    askSlurm: async () => {
      if (site.silent) throw new Error('Unable to contact slurm controller');
      return site.jobs;
    },
    addressOf: async () => site.address,
    interval: 5_000,
    warn: (event) => void site.warned.push(event),
    now: () => Date.now(),
    clock: () => performance.now(),
  });
  return { site, sessions };
}
export const seconds = (count: number) => jest.advanceTimersByTimeAsync(count * 1000);
export const stateOf = (sessions: Sessions): string => sessions.own('alice')[0]?.state ?? 'none';
