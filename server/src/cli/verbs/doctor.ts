import type { Verb } from '../verb.ts';
export const doctor: Verb = {
  help: { usage: '', about: '', options: {}, positionals: { least: 0, most: 0 } },
  run: async () => 1,
};
