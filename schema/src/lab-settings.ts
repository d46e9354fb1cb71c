import * as z from 'zod/mini';
import { about } from './about.ts';

/** Settings of the Lab extension, as the Settings Editor shows them; extension/schema/plugin.json is generated from this. */
export const LabSettings = z.readonly(
  z.strictObject({
    launcherTiles: about(
      z._default(z.int().check(z.gte(0), z.lte(200)), 30),
      'At most so many tiles under Containers in the launcher; all containers are in their own panel.',
    ),
    onlyOwnSection: about(
      z._default(z.boolean(), true),
      "Show the kernels of containers under Containers only, not again under the launcher's Notebook; under Console they stay.",
    ),
    writeResources: about(
      z._default(z.enum(['created', 'always', 'never']), 'created'),
      'Keep the chosen resources in the notebook file, so that they are preselected elsewhere: in notebooks created from a tile, in all for which you choose, or in none.',
    ),
    warnMinutes: about(
      z._default(z.int().check(z.gte(0), z.lte(1440)), 10),
      'Warn in the status bar when a job has less than so many minutes left.',
    ),
  }),
);
export type LabSettings = z.infer<typeof LabSettings>;
