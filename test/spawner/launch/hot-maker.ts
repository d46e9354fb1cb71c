/** `node hot-maker.ts ORDER`: makes one hot set, for tests that kill it on the way. */
import { parseArgs } from 'node:util';
import { makeHotSet } from '../../../spawner/src/launch/hot-set-maker.ts';

const [order = ''] = parseArgs({ allowPositionals: true }).positionals;
const { paths, opened, options } = JSON.parse(order) as {
  paths: Parameters<typeof makeHotSet>[0];
  opened: string[];
  options: Parameters<typeof makeHotSet>[2];
};
await makeHotSet(
  paths,
  { opened: new Set(opened), lookups: new Map() },
  options,
  new AbortController().signal,
);
