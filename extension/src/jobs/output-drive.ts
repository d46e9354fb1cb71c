import type { JobOutput, JobView } from '@berth/schema/rest';
import { type Contents, ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { BerthClient } from '../client/client.ts';
import { joinedLines } from './joined-lines.ts';

/** Outputs are below it: `BerthJobs:ID/INDEX/NAME.ipynb`. */
export const DRIVE = 'BerthJobs';

/** Where Lab finds the output of one run. */
export const outputPath = ({ id, name, sweep }: JobView, index: number): string =>
  `${DRIVE}:${id}/${index}/${sweep === undefined ? name : name.replace(/(\.ipynb)?$/, ` ${index}$1`)}`;

/** What such a path names; undefined for any other. */
export function outputOf(path: string): { readonly id: string; readonly index: string } | undefined {
  const match = new RegExp(`^(?:${DRIVE}:)?([a-f0-9]{16})/(0|[1-9][0-9]{0,3})/`).exec(path);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { id: match[1], index: match[2] };
}

/**
 * The outputs of jobs as files that can only be read. Refused was a place below Jupyter's root: the person's directories would fill with
 * files that nobody asked for, and a hidden one Jupyter does not show.
 */
export class OutputDrive implements Contents.IDrive {
  readonly name = DRIVE;
  readonly serverSettings: ServerConnection.ISettings;
  readonly #client: BerthClient;
  readonly #fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  #disposed = false;

  constructor(client: BerthClient, serverSettings = ServerConnection.makeSettings()) {
    this.#client = client;
    this.serverSettings = serverSettings;
  }

  get fileChanged(): ISignal<this, Contents.IChangedArgs> {
    return this.#fileChanged;
  }
  get isDisposed(): boolean {
    return this.#disposed;
  }
  dispose(): void {
    this.#disposed = true;
    Signal.clearData(this);
  }

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const params = outputOf(path);
    if (params === undefined) return DIRECTORY;
    const model: Contents.IModel = {
      name: path.split('/').pop() ?? path,
      path,
      type: 'notebook',
      format: 'json',
      content: null,
      mimetype: '',
      writable: false,
      created: '',
      last_modified: '',
    };
    // Lab asks several times what it is before it opens it; the whole of it may be large
    if (options?.content === false) return { ...model, format: null };
    const { notebook, saved } = await this.#client.call('jobOutput', { params });
    const content = withLanguage(withoutTrust(joinedLines(notebook)));
    return { ...model, content, created: saved, last_modified: saved };
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }
  getDownloadUrl = readOnly;
  newUntitled = readOnly;
  delete = readOnly;
  rename = readOnly;
  save = readOnly;
  copy = readOnly;
  createCheckpoint = readOnly;
  restoreCheckpoint = readOnly;
  deleteCheckpoint = readOnly;
}

/** Cells that call themselves trusted are not: their HTML would run here, and whoever wrote the notebook has written that too (T41). */
const withoutTrust = (notebook: JobOutput['notebook']): JobOutput['notebook'] => ({
  ...notebook,
  cells: notebook.cells.map((cell) => {
    if (typeof cell['metadata'] !== 'object' || cell['metadata'] === null) return cell;
    const { trusted: _, ...metadata } = cell['metadata'] as { readonly trusted?: unknown };
    return { ...cell, metadata };
  }),
});

/**
 * While it runs papermill has not said its language yet. Lab would add that to what it shows, take it for a change of the person's, and ask
 * whether it shall be saved.
 */
const withLanguage = (notebook: JobOutput['notebook']): JobOutput['notebook'] => {
  const metadata = (notebook['metadata'] ?? {}) as { readonly kernelspec?: { readonly language?: unknown } };
  const { kernelspec } = metadata;
  const language = typeof kernelspec?.language === 'string' ? kernelspec.language : '';
  const known = { kernelspec: { name: '', display_name: '' }, language_info: { name: language } };
  return { ...notebook, metadata: { ...known, ...metadata } };
};

const readOnly = (): Promise<never> => Promise.reject(new Error('The output of a job can only be read.'));

/** Lab asks for the directory of whatever it opens. */
const DIRECTORY: Contents.IModel = {
  name: '',
  path: '',
  type: 'directory',
  format: 'json',
  content: [],
  mimetype: '',
  writable: false,
  created: '',
  last_modified: '',
};
