/** `npm run slurm-options`: writes the gate's table of Slurm's options anew from its one source. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsHeader } from '../spawner/src/gateway/options-header.ts';

writeFileSync(join(import.meta.dirname, '../spawner/native/gate/options_table.h'), optionsHeader());
