import { Dialog } from '@jupyterlab/apputils';
import type { Choice } from '../model/remembered-choices.ts';
import type { ChoiceForm } from './choice-form.tsx';

/** A dialog that does not close on a choice that is not in order: the form says what is wrong, beside the field. */
export class ChoiceDialog extends Dialog<Choice | undefined> {
  readonly #form: ChoiceForm;

  constructor(options: Partial<Dialog.IOptions<Choice | undefined>> & { readonly body: ChoiceForm }) {
    super(options);
    this.#form = options.body;
    this.addClass('jp-Berth-choiceDialog');
  }

  override resolve(index?: number): void {
    const accepts = index === undefined || index > 0;
    if (accepts && this.#form.showProblems()) return;
    super.resolve(index);
  }
}
