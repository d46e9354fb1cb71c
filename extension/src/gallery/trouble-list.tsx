import type { Troubles } from '@berth/schema/rest';

interface Trouble {
  readonly what: string;
  readonly sentence: string;
  readonly hint?: string | undefined;
}

/** What does not work, each with why and what to do. */
export function TroubleList({
  title,
  troubles,
}: {
  readonly title?: string;
  readonly troubles: readonly Trouble[];
}): JSX.Element {
  return (
    <>
      {title !== undefined && <h3>{title}</h3>}
      <ul className="jp-Berth-troubles">
        {troubles.map(({ what, sentence, hint }) => (
          <li key={what}>
            <code>{what}</code>
            <span>{sentence}</span>
            {hint && <span className="jp-Berth-hint">{hint}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

export const sourceTroubles = ({ sources }: Troubles): readonly Trouble[] =>
  sources.map(({ source, ...rest }) => ({ what: source, ...rest }));
export const imageTroubles = ({ images }: Troubles): readonly Trouble[] =>
  images.map(({ image, ...rest }) => ({ what: image, ...rest }));
