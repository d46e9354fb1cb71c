import type { Browser, Page } from '@playwright/test';
import type { Lab } from '../jupyter/lab-server.ts';

/** Runs the work in a browser window of its own, cold caches included, and closes it. */
export async function inWindow<T>(browser: Browser, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Seconds from navigation until the launcher shows that many of the benchmark's kernels. */
export async function launcherShown(page: Page, lab: Lab, kernels: number): Promise<number> {
  // logged in before, so that no redirect is measured; without the tabs of the window before
  await page.goto(`${lab.url}login?token=${lab.token}`).catch(() => undefined);
  await page.goto(`${lab.url}lab?reset&token=${lab.token}`, { waitUntil: 'commit' });
  const shown = await page.waitForFunction(
    (least) => {
      const cards = [...document.querySelectorAll('.jp-LauncherCard')];
      const names = new Set(cards.map((card) => /model-\d+ \S+/.exec(card.textContent ?? '')?.[0]));
      names.delete(undefined);
      return names.size >= least ? performance.now() : 0;
    },
    kernels,
    { timeout: 120_000 },
  );
  return (await shown.jsonValue()) / 1000;
}

/** The Lab is open, and nothing of its start goes on. */
export async function labOpen(page: Page): Promise<void> {
  await page.locator('.jp-LauncherCard').first().waitFor();
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => undefined); // the events stay open
}

/** Seconds from a command to the first element of what it opens, drawn. */
export async function opened(page: Page, command: string, first: string): Promise<number> {
  return page.evaluate(
    async ([id, selector]) => {
      // Lab's application, there because the test's Lab runs with LabApp.expose_app_in_browser
      const { jupyterapp } = window as unknown as {
        jupyterapp: { commands: { execute(id: string): Promise<unknown> } };
      };
      const before = new Set(document.querySelectorAll(selector));
      const begin = performance.now();
      void jupyterapp.commands.execute(id);
      const isThere = (): boolean =>
        [...document.querySelectorAll(selector)].some((node) => !before.has(node));
      for (;;) {
        await new Promise(requestAnimationFrame);
        if (isThere()) break;
        if (performance.now() - begin > 60_000) throw new Error(`${id} shows no ${selector}`);
      }
      // after the frame was painted, not before
      await new Promise((resolve) => setTimeout(resolve));
      return (performance.now() - begin) / 1000;
    },
    [command, first] as const,
  );
}

/** Milliseconds of each key, from the key to the painted list. */
export async function filtered(page: Page, words: readonly string[]): Promise<readonly number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { berthTimes: times });
    const field = document.querySelector('.jp-Berth-gallery input[type="search"]');
    let pressed = 0;
    field?.addEventListener('keydown', ({ timeStamp }) => (pressed = timeStamp), true);
    field?.addEventListener('input', () => {
      requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - pressed)));
    });
  });
  const search = page.locator('.jp-Berth-gallery input[type="search"]');
  for (const word of words) {
    await search.fill('');
    await search.pressSequentially(word, { delay: 60 });
    await page
      .locator('.jp-Berth-count')
      .filter({ hasText: / of 1000 kernels/ })
      .waitFor();
  }
  // put there by the observer above; the page is another realm, no type crosses over
  const times = await page.evaluate(() => (window as unknown as { berthTimes: number[] }).berthTimes);
  // filling with nothing is an input without a key
  const keys = words.join('').length;
  if (times.length < keys) throw new Error(`${times.length} of ${keys} keys were seen`);
  return times;
}
