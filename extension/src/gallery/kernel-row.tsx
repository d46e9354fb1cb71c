import type { KernelEntry } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo } from 'react';
import { languageIcon } from '../icons/icons.ts';

interface KernelRowProps {
  readonly id: string;
  readonly entry: KernelEntry;
  readonly index: number;
  /** pixels from the top of the list */
  readonly top: number;
  readonly chosen: boolean;
  readonly trans: TranslationBundle;
  readonly onChoose: (name: string) => void;
  readonly onStart: (entry: KernelEntry) => void;
}

function Row({ id, entry, index, top, chosen, trans, onChoose, onStart }: KernelRowProps): JSX.Element {
  const { name, displayName, language, image, offered } = entry;
  const icon = languageIcon(language);
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={chosen}
      className={`jp-Berth-row${chosen ? ' jp-mod-selected' : ''}`}
      style={{ top }}
      onClick={() => onChoose(name)}
      onDoubleClick={() => onStart(entry)}
    >
      <span role="gridcell" className="jp-Berth-rowIcon" aria-label={language}>
        <icon.react tag="span" className="jp-Berth-icon" height="24px" width="24px" />
      </span>
      <span role="gridcell" className="jp-Berth-rowText">
        <span className="jp-Berth-rowName">{displayName}</span>
        <span className="jp-Berth-rowImage">{image}</span>
      </span>
      <span role="gridcell" className="jp-Berth-rowLanguage">
        {language}
      </span>
      <span role="gridcell" className="jp-Berth-rowMark">
        {offered && <span className="jp-Berth-mark">{trans.__('offered')}</span>}
      </span>
      <span role="gridcell">
        <button
          type="button"
          tabIndex={-1}
          className="jp-Berth-button"
          aria-label={trans.__('Start %1', displayName)}
          onClick={(event) => {
            event.stopPropagation();
            onStart(entry);
          }}
        >
          {trans.__('Start')}
        </button>
      </span>
    </div>
  );
}

/** Drawn anew only when its own entry or place changes: most keys in the search field move a few rows. */
export const KernelRow = memo(
  Row,
  (before, after) =>
    before.entry === after.entry && before.top === after.top && before.chosen === after.chosen,
);
