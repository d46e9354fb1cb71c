import { stringify } from 'yaml';
import { jsonText } from '../json-text.ts';
import type { Verb } from '../verb.ts';

export const configShow: Verb = {
  help: {
    usage: '',
    about:
      'Prints the configuration in force as YAML, every default filled in and "~" expanded; the file it comes from as a comment.',
    options: {},
    positionals: { least: 0, most: 0 },
  },
  async run({ json, print, loadWholeConfig }) {
    const { file, config } = await loadWholeConfig();
    await print(json ? jsonText({ file, config }) : `# ${file}\n${stringify(config)}`);
    return 0;
  },
};
