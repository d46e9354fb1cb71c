import { FAILURES, printable } from '@berth/schema';
import { checkConfigFile, withSources } from '../config-file.ts';
import { jsonText } from '../json-text.ts';
import type { Verb } from '../verb.ts';

export const configCheck: Verb = {
  help: {
    usage: '',
    about: `Checks the configuration. Prints "ok" and ends with 0, or prints each problem as FILE:LINE: KEY: WHY and ends with ${FAILURES['config-invalid'].exit}.`,
    options: {},
    positionals: { least: 0, most: 0 },
  },
  async run({ json, print, configPlace }) {
    const { file, text, checked: valid } = await checkConfigFile(configPlace);
    const checked = withSources(text, valid);
    const problems = checked.ok ? [] : checked.problems;
    if (json) await print(jsonText({ file, ok: checked.ok, problems }));
    else if (checked.ok) await print(`${file}: ok (its sources were not asked; "berth doctor" asks them)\n`);
    else
      await print(
        problems
          .map(({ line, key, why }) => `${printable(`${file}:${line}: ${key ? `${key}: ` : ''}${why}`)}\n`)
          .join(''),
      );
    return checked.ok ? 0 : FAILURES['config-invalid'].exit;
  },
};
