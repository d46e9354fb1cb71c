import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { until } from '../cluster/until.ts';
import type { Site } from './site.ts';

const Shown = z.object({
  id: z.string(),
  jobId: z.optional(z.string()),
  state: z.string(),
  directory: z.string(),
  counts: z.record(z.string(), z.number()),
  elements: z.array(
    z.looseObject({
      index: z.number(),
      state: z.string(),
      attempts: z.number(),
      why: z.optional(z.string()),
      error: z.optional(z.object({ cell: z.optional(z.number()), name: z.string(), message: z.string() })),
      cells: z.optional(z.object({ total: z.number(), done: z.number() })),
      parameters: z.record(z.string(), z.string()),
      file: z.optional(z.string()),
      log: z.optional(z.string()),
    }),
  ),
});
export type ShownJob = z.infer<typeof Shown>;

/** Notebooks as batch jobs, by the command that a person types. */
export class Submitted {
  readonly #site: Site;
  readonly #who: 'alice' | 'bob';

  constructor(site: Site, who: 'alice' | 'bob' = 'alice') {
    this.#site = site;
    this.#who = who;
  }

  run(...args: readonly string[]) {
    return this.#site.run(['berth', 'notebook', ...args], { who: this.#who });
  }

  /** @returns its id. Rejects with what was said when it was not submitted. */
  async submit(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run('submit', ...args);
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  async show(id: string): Promise<ShownJob> {
    const { stdout, stderr } = await this.run('show', '--json', id);
    if (stdout === '') throw new Error(stderr);
    return Shown.parse(JSON.parse(stdout));
  }

  /** Waits until it is so. Rejects with how it stands, and its first log. */
  async when(id: string, fits: (job: ShownJob) => boolean, ms = 60_000): Promise<ShownJob> {
    let job: ShownJob | undefined;
    const reached = await until(
      async () => {
        job = await this.show(id);
        return fits(job);
      },
      ms,
      300,
    );
    if (reached && job !== undefined) return job;
    const log = job?.elements[0]?.log;
    const said = log === undefined ? '' : await readFile(log, 'utf8').catch(String);
    throw new Error(`${JSON.stringify(job, null, 1)}\n${said}`);
  }

  /** Waits for its end, whatever that is. */
  over(id: string, ms?: number): Promise<ShownJob> {
    return this.when(id, ({ state }) => !['queued', 'starting', 'running'].includes(state), ms);
  }
  /** Waits until Slurm knows no job of the person's any more: after MinJobAge, and slurmctld sweeps now and then. */
  async untilForgotten(): Promise<void> {
    const argv = ['squeue', '--noheader', '--states=all', '--me'];
    const forgotten = await until(
      async () => {
        const { status, stdout } = await this.#site.run(argv, { who: this.#who });
        return status === 0 && stdout.trim() === '';
      },
      90_000,
      1000,
    );
    if (!forgotten) throw new Error('Slurm has not forgotten all jobs');
  }
}
