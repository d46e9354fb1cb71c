import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Resources } from '@berth/schema';
import { until } from '../cluster/until.ts';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { countedSlurm, type CountedSlurm } from './counted-slurm.ts';
import { siteUp, type Site } from './site.ts';
import { UserServer } from './user-server.ts';

/** Least seconds between two questions to Slurm. */
export const INTERVAL = 5;
export const SMALL = Resources.parse({ cpus: 1, memory: '400M', time: '10' });

/** A cluster of one node on which alice has a user server and a client whose launchers ask it, and bob has an account. */
export class AskingSite {
  readonly site: Site;
  readonly slurm: CountedSlurm;
  readonly server: UserServer;
  readonly driver: Driver;
  readonly python: string;
  #number = 0;
  #notebook = '';

  private constructor(site: Site, slurm: CountedSlurm, server: UserServer, driver: Driver, python: string) {
    [this.site, this.slurm, this.server] = [site, slurm, server];
    [this.driver, this.python] = [driver, python];
  }

  static async up(): Promise<AskingSite> {
    const slurm = await countedSlurm();
    const config = {
      slurm: { addresses: ['127.0.0.1'], queryInterval: INTERVAL, binDirectory: slurm.directory },
    };
    const site = await siteUp({ nodes: 1, people: ['alice', 'bob'], config });
    const python = await site.kernel('venv-python');
    return new AskingSite(site, slurm, await UserServer.start(site), await site.driver(), python);
  }

  async down(): Promise<void> {
    await this.server.dispose();
    await this.site.down();
    await this.slurm.remove();
  }

  /** path of the present one */
  get notebook(): string {
    return this.#notebook;
  }

  /** For each test one of its own. */
  async newNotebook(): Promise<void> {
    this.#notebook = `${++this.#number}.ipynb`;
    await writeFile(join(this.server.root, this.#notebook), '{}');
  }

  start(options: { readonly autorestart?: number } = {}): Promise<DrivenKernel> {
    const env = this.server.environment(this.driver, this.#notebook);
    return this.driver.launch(this.python, { ...options, env });
  }

  /** The person's word for the present notebook. */
  async agree(resources = SMALL): Promise<void> {
    await this.server.ask('PUT', '/v1/wishes', { path: this.#notebook, kernel: this.python, resources });
  }

  async givenUp(kernel: DrivenKernel): Promise<number> {
    return kernel.givenUp().catch(async (cause: unknown) => {
      throw new Error(`Jupyter has not given up\n${await kernel.log()}`, { cause });
    });
  }

  /** Lines of squeue about alice's jobs; not counted. */
  async queue(...args: string[]): Promise<string[]> {
    const { stdout } = await this.site.run(['/usr/bin/squeue', '--noheader', '--me', ...args]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async jobsEver(): Promise<number> {
    return (await this.queue('--states=all')).length;
  }

  /** bob's job takes all that there is; gives the verb that ends it. */
  async hog(): Promise<() => Promise<void>> {
    const options = ['--parsable', '--exclusive', '--mem=0', '--time=10', '--output=/dev/null'];
    const argv = ['sbatch', ...options, '--wrap=sleep 1000'];
    const job = (await this.site.run(argv, { who: 'bob' })).stdout.trim();
    const look = ['/usr/bin/squeue', '--noheader', '--states=R', `--jobs=${job}`];
    const running = async (): Promise<boolean> => (await this.site.run(look, { who: 'bob' })).stdout !== '';
    if (!(await until(running, 30_000))) throw new Error(`the job ${job} of the fixture does not run`);
    return async () => {
      await this.site.run(['scancel', job], { who: 'bob' });
    };
  }
}
