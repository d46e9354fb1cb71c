import { Resources } from '@berth/schema';

/** What can be typed, in the order in which it is shown; all text, as it stands in the fields. */
export const FIELDS = [
  'cpus',
  'memory',
  'time',
  'gres',
  'partition',
  'account',
  'qos',
  'reservation',
  'constraint',
] as const;
export type Field = (typeof FIELDS)[number];
export type Fields = Readonly<Record<Field, string>>;

export const fieldsOf = (resources: Resources): Fields =>
  Object.fromEntries(FIELDS.map((field) => [field, String(resources[field] ?? '')])) as Fields;

/** What was typed as Resources, or which fields are not in order, in the order in which they are shown. */
export type ReadFields =
  | { readonly ok: true; readonly resources: Resources }
  | { readonly ok: false; readonly problems: readonly Field[] };

export function readFields(fields: Fields): ReadFields {
  const typed = Object.entries(fields)
    .map(([field, value]) => [field, value.trim()] as const)
    .filter(([, value]) => value !== '')
    .map(([field, value]) => [field, field === 'cpus' ? Number(value) : value]);
  const parsed = Resources.safeParse(Object.fromEntries(typed));
  if (parsed.success) return { ok: true, resources: parsed.data };
  const wrong = new Set(parsed.error.issues.map(({ path }) => path[0]));
  return { ok: false, problems: FIELDS.filter((field) => wrong.has(field)) };
}
