import type { ProfileList } from '@berth/schema/rest';
import type { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Preselection } from '../model/preselection.ts';
import type { Choice } from '../model/remembered-choices.ts';
import { resourcesWords } from '../words/resources-words.ts';
import { CustomFields } from './custom-fields.tsx';
import { ProfileCards } from './profile-cards.tsx';
import { type Field, type Fields, fieldsOf, readFields } from './resource-fields.ts';

export interface ChoiceFormOptions {
  readonly profiles: ProfileList['profiles'];
  readonly preselection: Preselection;
  readonly trans: TranslationBundle;
}

/** The choice of resources: the site's profiles as cards, and fields for whoever wants it otherwise. */
export class ChoiceForm extends ReactWidget implements Dialog.IBodyWidget<Choice | undefined> {
  readonly #options: ChoiceFormOptions;
  /** name of the chosen profile; undefined for the fields */
  #profile: string | undefined;
  #fields: Fields;
  #problems: readonly Field[] = [];

  constructor(options: ChoiceFormOptions) {
    super();
    this.#options = options;
    this.#profile = options.preselection.profile;
    this.#fields = fieldsOf(options.preselection.resources);
    this.addClass('jp-Berth-choice');
  }

  getValue(): Choice | undefined {
    const chosen = this.#options.profiles.find(({ name }) => name === this.#profile);
    if (chosen) return { resources: chosen.profile.resources, profile: chosen.name };
    const read = readFields(this.#fields);
    return read.ok ? { resources: read.resources } : undefined;
  }

  /** Say what is wrong beside the fields and go to the first of them. @returns whether anything is */
  showProblems(): boolean {
    this.#check();
    const [field] = this.#problems;
    if (field === undefined) return false;
    this.node.querySelector<HTMLElement>(`[name="berth-${field}"]`)?.focus();
    return true;
  }

  protected override render(): JSX.Element {
    const { profiles, preselection, trans } = this.#options;
    const custom = this.#profile === undefined;
    return (
      <>
        {preselection.from === 'notebook' && (
          <p className="jp-Berth-note" role="note">
            {trans.__('This notebook asks for %1.', resourcesWords(preselection.resources, trans))}
          </p>
        )}
        <ProfileCards
          profiles={profiles}
          chosen={this.#profile}
          trans={trans}
          onChoose={(profile) => this.#choose(profile)}
        />
        {custom && (
          <CustomFields
            fields={this.#fields}
            problems={this.#problems}
            trans={trans}
            onChange={(field, value) => this.#type(field, value)}
          />
        )}
      </>
    );
  }

  #choose(name: string | undefined): void {
    // the fields begin with what was chosen last: to ask for a little more, one changes one number
    const before = this.#options.profiles.find((one) => one.name === this.#profile);
    if (name === undefined && before) this.#fields = fieldsOf(before.profile.resources);
    this.#profile = name;
    this.#problems = [];
    this.update();
  }

  #type(field: Field, value: string): void {
    this.#fields = { ...this.#fields, [field]: value };
    this.#check();
  }

  #check(): void {
    const read = this.#profile === undefined ? readFields(this.#fields) : { ok: true as const };
    this.#problems = read.ok ? [] : read.problems;
    this.update();
  }
}
