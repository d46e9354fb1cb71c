import type { ProfileList } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { resourcesWords } from '../words/resources-words.ts';

interface ProfileCardsProps {
  readonly profiles: ProfileList['profiles'];
  /** undefined: resources of one's own */
  readonly chosen: string | undefined;
  readonly trans: TranslationBundle;
  readonly onChoose: (profile: string | undefined) => void;
}

/** One card for each profile and one for fields of one's own: a group of radio buttons, so arrows move the choice. */
export function ProfileCards({ profiles, chosen, trans, onChoose }: ProfileCardsProps): JSX.Element {
  return (
    <fieldset className="jp-Berth-cards">
      <legend>{trans.__('What the kernel gets')}</legend>
      {profiles.map(({ name, profile: { title, description, resources } }) => (
        <Card
          key={name}
          title={title ?? name}
          description={description}
          detail={resourcesWords(resources, trans)}
          checked={chosen === name}
          onChoose={() => onChoose(name)}
        />
      ))}
      <Card
        title={trans.__('Custom')}
        detail={trans.__('Say yourself what the job asks for.')}
        checked={chosen === undefined}
        onChoose={() => onChoose(undefined)}
      />
    </fieldset>
  );
}

interface CardProps {
  readonly title: string;
  readonly description?: string | undefined;
  readonly detail?: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
}

function Card({ title, description, detail, checked, onChoose }: CardProps): JSX.Element {
  return (
    <label className={`jp-Berth-card${checked ? ' jp-mod-checked' : ''}`}>
      <input type="radio" name="berth-profile" checked={checked} onChange={onChoose} />
      <span className="jp-Berth-cardText">
        <strong>{title}</strong>
        {description && <span>{description}</span>}
        {detail && <span className="jp-Berth-cardDetail">{detail}</span>}
      </span>
    </label>
  );
}
