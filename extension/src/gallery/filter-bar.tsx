import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import type { KernelFilter } from '../model/kernel-filter.ts';

interface FilterBarProps {
  readonly filter: KernelFilter;
  readonly languages: readonly string[];
  readonly trans: TranslationBundle;
  readonly onChange: (filter: KernelFilter) => void;
}

export function FilterBar({ filter, languages, trans, onChange }: FilterBarProps): JSX.Element {
  return (
    <div role="search" className="jp-Berth-filter">
      <input
        type="search"
        className="jp-mod-styled"
        aria-label={trans.__('Search containers')}
        placeholder={trans.__('Search by name, image or language')}
        value={filter.search}
        spellCheck={false}
        onChange={(event) => onChange({ ...filter, search: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && filter.search !== '') {
            event.stopPropagation();
            onChange({ ...filter, search: '' });
          }
        }}
      />
      <select
        className="jp-mod-styled"
        aria-label={trans.__('Language')}
        value={filter.language}
        onChange={(event) => onChange({ ...filter, language: event.target.value })}
      >
        <option value="">{trans.__('All languages')}</option>
        {languages.map((language) => (
          <option key={language}>{language}</option>
        ))}
      </select>
      <button
        type="button"
        className="jp-Berth-toggle"
        aria-pressed={filter.offeredOnly}
        title={trans.__("Only those that are listed among Jupyter's kernels")}
        onClick={() => onChange({ ...filter, offeredOnly: !filter.offeredOnly })}
      >
        {filter.offeredOnly && <checkIcon.react tag="span" className="jp-Berth-icon" />}
        {trans.__('Offered only')}
      </button>
    </div>
  );
}
