import { Failure, type Config } from '@berth/schema';
import { scan, type Catalog } from '../../catalog/index.ts';
import { commandRunner, withoutSlurmOptions } from '@berth/spawner/slurm';
import { syncKernelSpecs, type SyncReport } from '../../kernelspecs/index.ts';
import { jsonText } from '../json-text.ts';
import {
  demandSources,
  exitStatusOf,
  noteTroubles,
  imageNamed,
  scanOptions,
  type NamedImage,
} from '../scan-images.ts';
import { withPortRange } from '../slurm-ports.ts';
import type { Verb, VerbContext } from '../verb.ts';

/** A controller that answers does so at once; kernelspecs do without the answer. Milliseconds. */
const SLURM_PATIENCE = 5_000;

export const kernelsSync: Verb = {
  help: {
    usage: '[IMAGE...]',
    about:
      'Looks into all images and brings the kernelspecs to what they offer: new ones are written, changed ones renewed, those of images that are gone removed; nobody else\'s are touched. Up to "kernels.show" kernels all are written; beyond that those of the IMAGEs that are named, and those written before. Can be stopped at any moment.',
    options: { all: { type: 'boolean', about: 'write all kernels, however many' } },
    positionals: { least: 0, most: 10_000 },
  },
  run: async (context, typed) => {
    const { file, config } = await context.loadConfig();
    demandSources(config, file);
    const named = typed.positionals.map(imageNamed);
    const run = commandRunner(withoutSlurmOptions(context.env), SLURM_PATIENCE, context.signal);
    const [catalog, withPorts] = await Promise.all([
      scan(scanOptions(context, config)),
      withPortRange(config, run),
    ]);
    noteTroubles(catalog, context.note);
    demandNamed(catalog, named);
    const report = await syncKernelSpecs({
      catalog,
      config: withPorts,
      berth: context.berth,
      all: typed.has('all'),
      wanted: ({ image }) => named.some(({ fits }) => fits(image.ref, image)),
      signal: context.signal,
      onProgress: (text) => context.progress.update(text),
      now: () => Date.now(),
    });
    context.progress.done();
    await tell(context, report, config);
    return exitStatusOf(catalog);
  },
};

/** An image that was named and has nothing to offer is a failure, with its reason. */
function demandNamed({ entries }: Catalog, named: readonly NamedImage[]): void {
  for (const { ref, fits } of named) {
    const entry = entries.find((one) => fits(one.ref, one.state === 'found' ? one.image : undefined));
    if (entry === undefined) throw new Failure('image-missing', { ref });
    if (entry.state === 'failed') throw entry.failure;
    if (entry.kernels.length === 0) throw new Failure('no-kernel', { ref });
  }
}

async function tell(
  { json, print, note, berth }: VerbContext,
  report: SyncReport,
  { kernels }: Config,
): Promise<void> {
  const { written, unchanged, removed, foreign, withheld, kept, elsewhere } = report;
  for (const name of foreign)
    note(`${kernels.directory}/${name} is not Berth's and was not touched; move it away to have this kernel`);
  if (withheld.length > 0) {
    const found = written.length + unchanged.length + foreign.length + withheld.length;
    const why =
      found > kernels.show ? `${kernels.show} is the limit of kernels.show` : 'you have withdrawn some';
    note(
      `${found} kernels found, ${why}: ${withheld.length} were not written. Name images ("berth kernels sync IMAGE"), or use --all.`,
    );
  }
  if (kept.length > 0)
    note(`${kept.length} kernelspecs were left as they are: their images could not be looked at`);
  if (elsewhere.length > 0)
    note(
      `${elsewhere.length} pointed to another installation of Berth (${[...new Set(elsewhere)].join(', ')}) and point to this one now (${berth}); when that one syncs, or its JupyterLab looks again, it takes them back`,
    );
  await print(
    json
      ? jsonText(report)
      : `${written.length} written, ${unchanged.length} unchanged, ${removed.length} removed in ${kernels.directory}\n`,
  );
}
