import { assertNever, formatImageRef, type Failure } from '@berth/schema';
import type { Troubles } from '@berth/schema/rest';
import { explainNoKernel, type Catalog, type CatalogEntry, type SourceState } from '../catalog/index.ts';

/** What of a catalogue is not as it should be, in words; pure. */
export const troublesOf = ({ sources, entries }: Catalog): Troubles => ({
  sources: sources.flatMap(sourceTroubles),
  images: entries.flatMap(imageTroubles),
});

const told = ({ message, hint }: Failure) => ({ sentence: message, hint });

function sourceTroubles(state: SourceState): Troubles['sources'] {
  const source = state.alias;
  switch (state.state) {
    case 'listed':
      return state.notices.map((sentence) => ({ source, sentence }));
    case 'stale': {
      const { sentence, hint } = told(state.failure);
      return [{ source, sentence: `${sentence} Shown is what it offered at ${state.at}.`, hint }];
    }
    case 'unreachable':
      return [{ source, ...told(state.failure) }];
    default:
      return assertNever(state);
  }
}

function imageTroubles(entry: CatalogEntry): Troubles['images'] {
  const image = formatImageRef(entry.ref);
  if (entry.state === 'failed') return [{ image, ...told(entry.failure) }];
  if (entry.kernels.length > 0)
    return entry.broken.map(({ path, why }) => ({ image, sentence: `${path} is not offered: ${why}` }));
  const sentence = explainNoKernel(entry).join('; ');
  return [
    { image, sentence, hint: 'An image needs a kernelspec, or a Python with ipykernel, to be offered.' },
  ];
}
