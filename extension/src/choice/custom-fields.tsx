import type { TranslationBundle } from '@jupyterlab/translation';
import { type Field, type Fields, FIELDS } from './resource-fields.ts';

interface CustomFieldsProps {
  readonly fields: Fields;
  readonly problems: Readonly<Partial<Record<Field, string>>>;
  readonly trans: TranslationBundle;
  readonly onChange: (field: Field, value: string) => void;
}

/** What few people need is folded away, unless it is in use. */
const RARE: readonly Field[] = ['qos', 'reservation', 'constraint'];

export function CustomFields({ fields, problems, trans, onChange }: CustomFieldsProps): JSX.Element {
  const texts = fieldTexts(trans);
  const row = (field: Field): JSX.Element => (
    <FieldRow
      key={field}
      field={field}
      {...texts[field]}
      value={fields[field]}
      problem={problems[field]}
      onChange={(value) => onChange(field, value)}
    />
  );
  return (
    <div className="jp-Berth-fields">
      {FIELDS.filter((field) => !RARE.includes(field)).map(row)}
      <details open={RARE.some((field) => fields[field] !== '' || problems[field] !== undefined)}>
        <summary>{trans.__('More')}</summary>
        {RARE.map(row)}
      </details>
    </div>
  );
}

interface FieldText {
  readonly label: string;
  readonly example: string;
}

const fieldTexts = (trans: TranslationBundle): Readonly<Record<Field, FieldText>> => ({
  cpus: { label: trans.__('CPUs'), example: '4' },
  memory: { label: trans.__('Memory'), example: '16G' },
  time: { label: trans.__('Time limit'), example: '4:00:00' },
  gres: { label: trans.__('GPUs and other resources'), example: 'gpu:1' },
  partition: { label: trans.__('Partition'), example: trans.__("the cluster's default") },
  account: { label: trans.__('Account'), example: trans.__('your default') },
  qos: { label: trans.__('Quality of service'), example: '' },
  reservation: { label: trans.__('Reservation'), example: '' },
  constraint: { label: trans.__('Features of the node'), example: 'a100&nvlink' },
});

interface FieldRowProps extends FieldText {
  readonly field: Field;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

function FieldRow({ field, label, example, value, problem, onChange }: FieldRowProps): JSX.Element {
  const id = `berth-field-${field}`;
  return (
    <div className="jp-Berth-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={`berth-${field}`}
        className="jp-mod-styled"
        value={value}
        placeholder={example}
        spellCheck={false}
        autoComplete="off"
        inputMode={field === 'cpus' ? 'numeric' : 'text'}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        onChange={(event) => onChange(event.target.value)}
      />
      {problem !== undefined && (
        <p id={`${id}-problem`} className="jp-Berth-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
