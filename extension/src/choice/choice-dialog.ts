import { Dialog } from '@jupyterlab/apputils';

/** What is asked in it; says what is wrong with what was chosen. @returns whether anything is */
export interface CheckedForm<T> extends Dialog.IBodyWidget<T> {
  showProblems(): boolean;
}

/** A dialog that does not close on a choice that is not in order: the form says what is wrong, beside the field. */
export class ChoiceDialog<T> extends Dialog<T> {
  readonly #form: CheckedForm<T>;

  constructor(options: Partial<Dialog.IOptions<T>> & { readonly body: CheckedForm<T> }) {
    // what is asked comes first, and not the button that answers it
    super({ ...options, focusNodeSelector: CHOSEN });
    this.#form = options.body;
    this.addClass('jp-Berth-choiceDialog');
  }

  override resolve(index?: number): void {
    const accepts = index === undefined || index > 0;
    if (accepts && this.#form.showProblems()) return;
    super.resolve(index);
  }

  /** From the last button Tab goes on with the form; Lab knows only what was there before React drew it. */
  protected override _evtKeydown(event: KeyboardEvent): void {
    const buttons = this.node.querySelectorAll('.jp-Dialog-footer button');
    const isLast = document.activeElement === buttons.item(buttons.length - 1);
    const chosen = this.node.querySelector<HTMLElement>(CHOSEN);
    if (event.key !== 'Tab' || event.shiftKey || !isLast || !chosen) return super._evtKeydown(event);
    event.stopPropagation();
    event.preventDefault();
    chosen.focus();
  }
}

const CHOSEN = 'input[type="radio"]:checked';
