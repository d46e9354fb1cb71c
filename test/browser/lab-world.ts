import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext } from '@playwright/test';
import { until } from '../cluster/until.ts';
import { labUp, type Lab, type LabOptions } from '../jupyter/lab-server.ts';
import { siteUp, type PersonArea, type Site, type SiteOptions } from '../live/site.ts';
import { keepEvidence } from './evidence.ts';
import { LabPage, openBrowser } from './lab-page.ts';
import { Queue } from './queue.ts';

export interface WorldOptions extends SiteOptions {
  /** of alice's Lab */
  readonly lab?: Partial<LabOptions>;
}

/** A centre with alice's JupyterLab (token, XSRF check and base URL on) and a browser that looks at it. */
export interface LabWorld {
  readonly site: Site;
  readonly alice: PersonArea;
  readonly lab: Lab;
  /** what Slurm says */
  readonly queue: Queue;
  /** A window; with `beside` a further tab of that one's browser. */
  open(beside?: LabPage): Promise<LabPage>;
  /** A file in alice's directory, as a browser's download leaves it. */
  write(name: string, text: string): Promise<void>;
  /** As the panel of running kernels does for all. */
  endKernels(): Promise<void>;
  /** After each test: throws what went wrong on any page, closes them all, and ends all kernels and jobs. */
  clear(): Promise<void>;
  down(): Promise<void>;
}

/** Profiles that any test may choose: `Small` is the standard one. */
const PROFILES = {
  small: { title: 'Small', resources: { cpus: 1, memory: '500M', time: '60' } },
  large: { title: 'Large', description: 'for real work', resources: { cpus: 4, memory: '2G', time: '120' } },
  minute: { title: 'A minute', resources: { cpus: 1, memory: '300M', time: '1' } },
};

export async function worldUp(options: WorldOptions = {}): Promise<LabWorld> {
  const { lab: labOptions, config, ...siteOptions } = options;
  const site = await siteUp({
    nodes: 1,
    ...siteOptions,
    config: { profiles: PROFILES, defaultProfile: 'small', ...config },
  });
  let browser: Browser | undefined;
  let lab: Lab | undefined;
  const down = async (): Promise<void> => {
    await browser?.close();
    await lab?.down();
    await site.down();
  };
  try {
    const alice = site.person('alice');
    [browser, lab] = await Promise.all([openBrowser(), labUp({ user: alice, ...labOptions })]);
    // Lab's own question, whether it may look for news, would lie over what is tested
    const news = JSON.stringify({ raw: JSON.stringify({ fetchNews: 'false' }) });
    await lab.fetch('lab/api/settings/@jupyterlab/apputils-extension:notification', {
      method: 'PUT',
      body: news,
    });
    return worldOf({ site, alice, lab, browser, down });
  } catch (error) {
    await down();
    throw error;
  }
}

function worldOf({
  site,
  alice,
  lab,
  browser,
  down,
}: Pick<LabWorld, 'site' | 'alice' | 'lab' | 'down'> & { readonly browser: Browser }): LabWorld {
  const queue = new Queue(site);
  const pages: LabPage[] = [];
  let windows = 0;
  const contexts = new Set<BrowserContext>();
  const endKernels = async (): Promise<void> => {
    const kernels = (await (await lab.fetch('api/kernels')).json()) as readonly { readonly id: string }[];
    await Promise.all(kernels.map(({ id }) => lab.fetch(`api/kernels/${id}`, { method: 'DELETE' })));
  };
  return {
    site,
    alice,
    lab,
    queue,
    down,
    endKernels,
    write: async (name, text) => {
      await writeFile(join(lab.notebooks, name), text);
      await chown(join(lab.notebooks, name), alice.user.uid, alice.user.gid);
    },
    open: async (beside) => {
      const context =
        beside?.page.context() ?? (await browser.newContext({ viewport: { width: 1280, height: 800 } }));
      contexts.add(context);
      const page = await LabPage.open(context, lab, `window-${(windows += 1)}`);
      pages.push(page);
      return page;
    },
    clear: async () => {
      await keepEvidence(pages, lab.log);
      const problems = pages.splice(0).flatMap((page) => page.problems.take());
      for (const context of contexts) await context.close();
      contexts.clear();
      await endKernels();
      await site.run(['scancel', '--me'], { who: 'bob' }).catch(() => undefined); // not in every world
      await site.run(['scancel', '--me']);
      const empty = await until(async () => (await queue.jobs()).length === 0, 15_000, 100);
      if (!empty) problems.push(`jobs are left: ${JSON.stringify(await queue.jobs())}`);
      if (problems.length > 0) throw new Error(problems.join('\n'));
    },
  };
}
