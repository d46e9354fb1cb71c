import { resourcesText, type Profile, type Resources } from '@berth/schema';
import type { Nodes } from '@berth/spawner/slurm';
import type { OfferedKernel } from './offered-kernel.ts';

export interface FormParts {
  readonly profiles: readonly { readonly name: string; readonly profile: Profile }[];
  readonly standard: string | undefined;
  readonly kernels: readonly OfferedKernel[];
  readonly nodes: Nodes | undefined;
}

const SIGNS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Titles come from images and registries (T24). */
const text = (value: string): string => value.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);

/** The Hub's form, in the Bootstrap 5 classes of its pages. Pure. */
export function formHtml({ profiles, standard, kernels, nodes }: FormParts): string {
  const first = profiles.some(({ name }) => name === standard) ? standard : profiles[0]?.name;
  const cards = profiles.map(({ name, profile }) => {
    const id = `berth-profile-${name}`;
    const checked = name === first ? ' checked' : '';
    return `<div class="form-check mb-2">
<input class="form-check-input" type="radio" name="profile" id="${id}" value="${text(name)}"${checked}>
<label class="form-check-label" for="${id}"><strong>${text(profile.title ?? name)}</strong>
<span class="text-muted">${text([profile.description, resourcesText(profile.resources)].filter(Boolean).join('; '))}</span><br>
<small>${text(availability(profile.resources, nodes))}</small></label></div>`;
  });
  const options = kernels.map(
    ({ name, title, image }) => `<option value="${text(name)}">${text(`${title} (${image})`)}</option>`,
  );
  return `<fieldset class="mb-3"><legend class="fs-5">Resources</legend>${cards.join('\n') || '<p>One CPU for an hour.</p>'}</fieldset>
<div class="mb-3"><label class="form-label" for="berth-image">New notebooks and terminals open in</label>
<select class="form-select" name="image" id="berth-image"><option value="">Python of this site</option>
${options.join('\n')}</select></div>`;
}

/** In words that stay true: who asks for more than is idle may still be first. */
function availability({ partition, cpus }: Resources, nodes: Nodes | undefined): string {
  if (nodes === undefined) return 'Slurm does not answer just now.';
  const all = [...nodes.partitions];
  const asked = all.filter(([name, { standard }]) =>
    partition === undefined ? standard : name === partition,
  );
  if (asked.length === 0) return 'Slurm has no such partition.';
  if (asked.every(([, { up }]) => !up)) return 'The partition is down.';
  const idle = Math.max(...asked.map(([, { idleCpus }]) => idleCpus));
  const whole = asked.reduce((sum, [, state]) => sum + state.cpus, 0);
  return idle >= cpus
    ? `Free now: ${idle} of ${whole} CPUs are idle.`
    : `Expect to wait: ${idle} of ${whole} CPUs are idle.`;
}
