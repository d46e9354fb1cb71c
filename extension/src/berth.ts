import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { RecentKernels } from './model/recent-kernels.ts';
import type { Session } from './session.ts';
import type { SettingsReader } from './settings-reader.ts';

/** What all views of Berth share. Cheap: whatever talks to the server is loaded by `session()`. */
export interface IBerth extends IDisposable {
  readonly app: JupyterFrontEnd;
  readonly trans: TranslationBundle;
  readonly settings: SettingsReader;
  readonly recent: RecentKernels;
  /** Client and store, one of each for the page, loaded when first asked for. Rejected once this is disposed of. */
  session(): Promise<Session>;
}

export const IBerth = new Token<IBerth>('jupyter-berth:IBerth', 'What the views of Berth share.');
