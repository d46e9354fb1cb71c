import { LabSettings } from '@berth/schema';
import * as z from 'zod/mini';

/** `launcherTiles` -> `Launcher tiles` */
const titleOf = (key: string): string => {
  const words = key.replace(/([A-Z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`);
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
};

/** Ids of the extension, which no other part imports; a test compares them. */
const RUN = 'jupyter-berth:run-as-job';
const RUN_FILE = 'jupyter-berth:run-file-as-job';

/**
 * extension/schema/plugin.json: the settings of the Lab extension as JupyterLab reads them. Source: JupyterLab
 * documentation, "Settings"; a JSON Schema of draft 7 with keys of the Lab's own.
 */
export function labSettingsPage(): string {
  const { properties = {} } = z.toJSONSchema(LabSettings, { io: 'input', target: 'draft-7' });
  const titled = Object.entries(properties).map(([key, node]) => [
    key,
    { title: titleOf(key), ...(node as object) },
  ]);
  const page = {
    title: 'Berth',
    description: 'Kernels from containers, on the nodes of the cluster.',
    // where our commands are offered: in the toolbar of a notebook, and for the notebooks of the file browser
    'jupyter.lab.toolbars': { Notebook: [{ name: 'berth-run-as-job', command: RUN, label: '', rank: 45 }] },
    'jupyter.lab.menus': {
      context: [{ command: RUN_FILE, selector: '.jp-DirListing-item[data-file-type="notebook"]', rank: 3.5 }],
    },
    type: 'object',
    properties: Object.fromEntries(titled) as unknown,
    additionalProperties: false,
  };
  return `${JSON.stringify(page, null, 2)}\n`;
}
