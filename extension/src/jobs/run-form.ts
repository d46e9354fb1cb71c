import type { Resources } from '@berth/schema';
import type { JobOrder } from '@berth/schema/rest';
import { Panel } from '@lumino/widgets';
import type { CheckedForm } from '../choice/choice-dialog.ts';
import type { ChoiceForm } from '../choice/choice-form.tsx';
import type { RunFields } from './run-fields.tsx';

/** What a person wants to be run, without the notebook's path. */
export type RunOrder = Pick<JobOrder, 'parameters' | 'sweep'> & {
  readonly kernel: string;
  readonly resources: Resources;
};

/** Resources as for any start, and what only a run without a person needs. */
export class RunForm extends Panel implements CheckedForm<RunOrder | undefined> {
  readonly #choice: ChoiceForm;
  readonly #fields: RunFields;

  constructor(choice: ChoiceForm, fields: RunFields) {
    super();
    this.#choice = choice;
    this.#fields = fields;
    this.addClass('jp-Berth-choice');
    this.addWidget(choice);
    this.addWidget(fields);
  }

  getValue(): RunOrder | undefined {
    const choice = this.#choice.getValue();
    const { kernel, parameters, sweep } = this.#fields;
    if (choice === undefined || kernel === '' || !parameters.ok) return undefined;
    return {
      kernel,
      resources: choice.resources,
      parameters: parameters.parameters,
      ...(sweep !== undefined && { sweep }),
    };
  }

  showProblems(): boolean {
    // all of them, and to the first
    const fields = this.#fields.showProblems();
    return this.#choice.showProblems() || fields;
  }
}
