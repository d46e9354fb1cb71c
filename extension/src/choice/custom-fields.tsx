import type { TranslationBundle } from '@jupyterlab/translation';
import { timeWords } from '../words/resources-words.ts';
import { timeLimitSeconds } from '../words/time-limit.ts';
import { type Field, type Fields, FIELDS } from './resource-fields.ts';

interface CustomFieldsProps {
  readonly fields: Fields;
  readonly problems: readonly Field[];
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
      wrong={problems.includes(field)}
      hint={field === 'time' ? timeHint(fields.time, trans) : undefined}
      onChange={(value) => onChange(field, value)}
    />
  );
  return (
    <div className="jp-Berth-fields">
      {FIELDS.filter((field) => !RARE.includes(field)).map(row)}
      <details open={RARE.some((field) => fields[field] !== '' || problems.includes(field))}>
        <summary>{trans.__('More')}</summary>
        {RARE.map(row)}
      </details>
    </div>
  );
}

interface FieldText {
  readonly label: string;
  readonly example: string;
  /** what is said when it is not in order; the schema's own words are for the configuration's writer, and in English */
  readonly problem: string;
}

const fieldTexts = (trans: TranslationBundle): Readonly<Record<Field, FieldText>> => ({
  cpus: {
    label: trans.__('CPUs'),
    example: '4',
    problem: trans.__('A whole number from 1 to 4096.'),
  },
  memory: {
    label: trans.__('Memory'),
    example: '16G',
    problem: trans.__('A number with K, M, G or T, such as 16G.'),
  },
  time: {
    label: trans.__('Time limit'),
    example: '4:00:00',
    problem: trans.__('Minutes, or hours as in 4:00:00, or days as in 2-12:00:00.'),
  },
  gres: {
    label: trans.__('GPUs and other resources'),
    example: 'gpu:1',
    problem: trans.__('A name, perhaps a type, and how many, such as gpu:a100:1.'),
  },
  partition: {
    label: trans.__('Partition'),
    example: trans.__("the cluster's default"),
    problem: trans.__('This cannot be the name of a partition.'),
  },
  account: {
    label: trans.__('Account'),
    example: trans.__('your default'),
    problem: trans.__('This cannot be the name of an account.'),
  },
  qos: {
    label: trans.__('Quality of service'),
    example: '',
    problem: trans.__('This cannot be the name of a quality of service.'),
  },
  reservation: {
    label: trans.__('Reservation'),
    example: '',
    problem: trans.__('This cannot be the name of a reservation.'),
  },
  constraint: {
    label: trans.__('Features of the node'),
    example: 'a100&nvlink',
    problem: trans.__('Names of features, joined by & or |, such as a100&nvlink.'),
  },
});

/** What Slurm makes of it: 4:00 is four minutes, which few expect. Undefined for what is no time. */
const timeHint = (time: string, trans: TranslationBundle): string | undefined =>
  timeLimitSeconds(time.trim()) === undefined ? undefined : trans.__('= %1', timeWords(time.trim(), trans));

interface FieldRowProps extends FieldText {
  readonly field: Field;
  readonly value: string;
  readonly wrong: boolean;
  readonly hint: string | undefined;
  readonly onChange: (value: string) => void;
}

function FieldRow({
  field,
  label,
  example,
  value,
  problem,
  wrong,
  hint,
  onChange,
}: FieldRowProps): JSX.Element {
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
        aria-invalid={wrong}
        aria-describedby={wrong || hint !== undefined ? `${id}-says` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {wrong ? (
        <p id={`${id}-says`} className="jp-Berth-problem" role="alert">
          {problem}
        </p>
      ) : (
        hint !== undefined && (
          <p id={`${id}-says`} className="jp-Berth-hint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}
