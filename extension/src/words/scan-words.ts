import { assertNever } from '@berth/schema';
import type { ScanState } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { bytesWords } from './bytes.ts';
import { clockTime } from './clock-time.ts';

/** How far the look into all sources is, or how the last one ended. */
export function scanWords(scan: ScanState, trans: TranslationBundle): string {
  switch (scan.state) {
    case 'running':
      return scan.images === 0
        ? trans.__('Asking the sources what they have…')
        : trans.__('%1 of %2 images, %3 read', scan.done, scan.images, bytesWords(scan.bytes));
    case 'failed':
      return `${scan.problem.detail} ${scan.problem.hint}`;
    case 'idle': {
      if (!scan.last) return trans.__('Not looked yet.');
      // how many kernels there are is said by the list
      const { images, failed, at } = scan.last;
      const found = trans._n(
        'Looked into %1 image (%2)',
        'Looked into %1 images (%2)',
        images,
        clockTime(at) ?? at,
      );
      return failed === 0
        ? found
        : trans._n(
            '%2; %1 image could not be looked into',
            '%2; %1 images could not be looked into',
            failed,
            found,
          );
    }
    default:
      return assertNever(scan);
  }
}
