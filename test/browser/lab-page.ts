import { chromium, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import type { Lab } from '../jupyter/lab-server.ts';
import { PageProblems } from './page-problems.ts';

/** Debian's own: it is what a fresh machine has. The sandbox works for everybody but root. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });

/** What is chosen in the question for resources: a profile's title, or the fields of a choice of one's own. */
export type Chosen = string | Readonly<Record<string, string>>;

/** JupyterLab as a person has it before them, in their words: tiles, cells, menus, the banner, the status bar. */
export class LabPage {
  readonly page: Page;
  readonly lab: Pick<Lab, 'url' | 'token'>;
  readonly problems: PageProblems;

  constructor(page: Page, lab: Pick<Lab, 'url' | 'token'>) {
    this.page = page;
    this.lab = lab;
    this.problems = new PageProblems(page, `${lab.url}berth`);
  }

  /** A window on the Lab; `workspace` is Lab's own way to keep windows apart. The launcher is open. */
  static async open(context: BrowserContext, lab: Lab, workspace: string): Promise<LabPage> {
    const opened = new LabPage(await context.newPage(), lab);
    await opened.page.goto(`${lab.url}lab/workspaces/${workspace}?token=${lab.token}`);
    await opened.#shown();
    return opened;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.#shown();
  }

  async #shown(): Promise<void> {
    await this.page.locator('.jp-LabShell').waitFor();
    await this.page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  }

  get section(): Locator {
    return this.page.locator('.jp-Launcher-section').filter({ hasText: 'Containers' });
  }

  /** The tiles of Containers, by any part of their text. */
  tile(text: string | RegExp): Locator {
    return this.section.locator('.jp-LauncherCard').filter({ hasText: text });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** In the open question for resources. */
  async choose(chosen: Chosen): Promise<void> {
    await this.dialog.waitFor();
    if (typeof chosen === 'string') await this.dialog.getByRole('radio', { name: chosen }).check();
    else {
      await this.dialog.getByRole('radio', { name: 'Custom' }).check();
      for (const [field, value] of Object.entries(chosen))
        await this.dialog.getByLabel(field, { exact: true }).fill(value);
    }
  }

  /** Click, choose, start: the notebook is then open, whatever its kernel does. */
  async startFromTile(text: string | RegExp, chosen?: Chosen): Promise<void> {
    if (await this.notebook.isVisible()) await this.newLauncher();
    await this.tile(text).first().click();
    if (chosen !== undefined) await this.choose(chosen);
    await this.dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await this.notebook.waitFor();
  }

  async newLauncher(): Promise<void> {
    await this.page.locator('.lm-TabBar-addButton:visible').first().click();
    await this.section.waitFor();
  }

  /** The notebook in front. */
  get notebook(): Locator {
    return this.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
  }

  /** What Berth says above the cells of the notebook in front. */
  get banner(): Locator {
    return this.notebook.getByTestId('berth-banner');
  }

  /** Job, node and time left in the status bar. */
  get status(): Locator {
    return this.page.getByTestId('berth-status');
  }

  /** Lab runs no cell while Jupyter has not made the kernel's session, whatever kernel it is. */
  async #hasSession(): Promise<void> {
    await this.page.waitForFunction(() => {
      // LabApp.expose_app_in_browser puts it there; the page's own types are not ours
      const { jupyterapp } = window as unknown as {
        jupyterapp: { shell: { currentWidget: { sessionContext?: { session?: { kernel?: unknown } } } } };
      };
      return Boolean(jupyterapp.shell.currentWidget.sessionContext?.session?.kernel);
    });
  }

  /** Types the code into the last cell and runs it; does not wait for its end. */
  async send(code: string): Promise<Locator> {
    await this.#hasSession();
    const cell = this.notebook.locator('.jp-CodeCell').last();
    await cell.locator('.cm-content').click();
    await this.page.keyboard.insertText(code);
    await this.page.keyboard.press('Shift+Enter');
    return this.notebook.locator('.jp-CodeCell').nth(-2);
  }

  /** Runs the code and gives what it printed. `timeout` in ms; a kernel that is still to come is waited for. */
  async run(code: string, timeout = 60_000): Promise<string> {
    const cell = await this.send(code);
    await cell.locator('.jp-InputPrompt', { hasText: /\[\d+\]/ }).waitFor({ timeout });
    return (await cell.locator('.jp-OutputArea-output').allTextContents()).join('').trim();
  }

  /** Lab's own menus, as a person goes through them. */
  async menu(...path: readonly (string | RegExp)[]): Promise<void> {
    const [first, ...rest] = path;
    await this.page
      .getByRole('menuitem', { name: first as string, exact: true })
      .first()
      .click();
    for (const name of rest)
      await this.page.locator('.lm-Menu-item').filter({ hasText: name }).first().click();
  }

  /** What Lab tells in its corner. */
  get notifications(): Locator {
    return this.page.locator('.Toastify__toast');
  }

  /** The name of the file in the tab in front. */
  async fileName(): Promise<string> {
    return (
      await this.page.locator('.lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabLabel').first().innerText()
    ).trim();
  }

  /** Opens a file of the file browser as a person does. */
  async openFile(name: string): Promise<void> {
    await this.command('filebrowser:refresh');
    await this.page.locator('.jp-DirListing-item').filter({ hasText: name }).dblclick();
    await this.notebook.waitFor();
  }

  /** For what has no fixed place on the screen: any command of Lab by its id. Waits for its end, unless it asks something. */
  async command(id: string, { asks = false } = {}): Promise<void> {
    await this.page.evaluate(
      async ([command, wait]) => {
        // as in #hasSession
        const { jupyterapp } = window as unknown as {
          jupyterapp: { commands: { execute(id: string): Promise<unknown> } };
        };
        const done = jupyterapp.commands.execute(command);
        if (wait) await done;
      },
      [id, !asks] as const,
    );
  }
}
