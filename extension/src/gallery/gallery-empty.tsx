import type { Troubles } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { sourceTroubles, TroubleList } from './trouble-list.tsx';

interface GalleryEmptyProps {
  /** whether there are kernels, which the filter hides */
  readonly filtered: boolean;
  /** undefined until it was read */
  readonly troubles: Troubles | undefined;
  readonly trans: TranslationBundle;
  readonly onClear: () => void;
}

export function GalleryEmpty({ filtered, troubles, trans, onClear }: GalleryEmptyProps): JSX.Element {
  return (
    <div className="jp-Berth-empty">
      {filtered ? (
        <>
          <p>{trans.__('No kernel fits this search.')}</p>
          <button type="button" className="jp-Berth-button" onClick={onClear}>
            {trans.__('Show all')}
          </button>
        </>
      ) : (
        <>
          <p>{trans.__('No kernel has been found yet.')}</p>
          {troubles && <TroubleList troubles={sourceTroubles(troubles)} />}
          <p className="jp-Berth-hint">
            {trans.__(
              'Here you will see each kernel of the images in the sources of your centre. Look again above, or see under Troubles why an image offers nothing.',
            )}
          </p>
        </>
      )}
    </div>
  );
}
