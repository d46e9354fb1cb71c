import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { readParameters, type ParameterFault, type ReadParameters } from './read-parameters.ts';

/** A kernel of Berth that can be chosen. */
export interface KernelChoice {
  readonly name: string;
  readonly displayName: string;
}

export interface RunFieldsOptions {
  readonly kernels: readonly KernelChoice[];
  /** the notebook's own, if it is one of these */
  readonly kernel: string | undefined;
  /** CSV files beside the notebook, to be proposed */
  readonly sweeps: readonly string[];
  readonly trans: TranslationBundle;
}

type Named = 'kernel' | 'parameters';

function faultWords(fault: ParameterFault, trans: TranslationBundle): string {
  switch (fault) {
    case 'no-value':
      return trans.__('write NAME = VALUE');
    case 'bad-name':
      return trans.__('a name is made of letters, digits and "_"');
    case 'twice':
      return trans.__('this name is there twice');
  }
}

/** Kernel, parameters and sweep of a run. */
export class RunFields extends ReactWidget {
  readonly #options: RunFieldsOptions;
  #kernel: string;
  #parameters = '';
  #sweep = '';
  #problems: Partial<Record<Named, string>> = {};

  constructor(options: RunFieldsOptions) {
    super();
    this.#options = options;
    this.#kernel = options.kernel ?? '';
    this.addClass('jp-Berth-runFields');
  }

  get kernel(): string {
    return this.#kernel;
  }
  get parameters(): ReadParameters {
    return readParameters(this.#parameters);
  }
  /** as Jupyter names it; undefined for none */
  get sweep(): string | undefined {
    return this.#sweep.trim() || undefined;
  }

  /** Say what is wrong beside the fields, and go to the first of them. @returns whether anything is */
  showProblems(): boolean {
    const { trans } = this.#options;
    const read = this.parameters;
    this.#problems = {
      ...(this.#kernel === '' && { kernel: trans.__('choose a kernel') }),
      ...(read.ok ? {} : { parameters: trans.__('line %1: %2', read.line, faultWords(read.why, trans)) }),
    };
    this.update();
    const [field] = Object.keys(this.#problems);
    if (field === undefined) return false;
    this.node.querySelector<HTMLElement>(`[name="berth-${field}"]`)?.focus();
    return true;
  }

  protected override render(): JSX.Element {
    const { kernels, sweeps, trans } = this.#options;
    return (
      <div className="jp-Berth-fields">
        <div className="jp-Berth-field">
          <label htmlFor="berth-run-kernel">{trans.__('Kernel')}</label>
          <select
            id="berth-run-kernel"
            name="berth-kernel"
            className="jp-mod-styled"
            value={this.#kernel}
            {...this.#described('kernel')}
            onChange={({ target }) => this.#set(() => (this.#kernel = target.value))}
          >
            {this.#kernel === '' && <option value="">{trans.__('Choose…')}</option>}
            {kernels.map(({ name, displayName }) => (
              <option key={name} value={name}>
                {displayName}
              </option>
            ))}
          </select>
          {this.#problem('kernel')}
        </div>
        <div className="jp-Berth-field">
          <label htmlFor="berth-run-parameters">{trans.__('Parameters')}</label>
          <textarea
            id="berth-run-parameters"
            name="berth-parameters"
            className="jp-mod-styled"
            rows={3}
            value={this.#parameters}
            placeholder={trans.__('alpha = 0.1\nlabel = first try')}
            spellCheck={false}
            {...this.#described('parameters')}
            onChange={({ target }) => this.#set(() => (this.#parameters = target.value))}
          />
          {this.#problem('parameters')}
        </div>
        <div className="jp-Berth-field">
          <label htmlFor="berth-run-sweep">{trans.__('Sweep (CSV file)')}</label>
          <input
            id="berth-run-sweep"
            name="berth-sweep"
            className="jp-mod-styled"
            list="berth-run-sweeps"
            value={this.#sweep}
            placeholder={trans.__('none: one run')}
            title={trans.__('One run for each row; the first row names parameters.')}
            spellCheck={false}
            autoComplete="off"
            onChange={({ target }) => this.#set(() => (this.#sweep = target.value))}
          />
          <datalist id="berth-run-sweeps">
            {sweeps.map((path) => (
              <option key={path} value={path} />
            ))}
          </datalist>
        </div>
      </div>
    );
  }

  #described(field: Named): { 'aria-invalid': boolean; 'aria-describedby'?: string } {
    const wrong = this.#problems[field] !== undefined;
    return { 'aria-invalid': wrong, ...(wrong && { 'aria-describedby': `berth-run-${field}-problem` }) };
  }

  #problem(field: Named): JSX.Element | undefined {
    const text = this.#problems[field];
    if (text === undefined) return undefined;
    return (
      <p id={`berth-run-${field}-problem`} className="jp-Berth-problem" role="alert">
        {text}
      </p>
    );
  }

  #set(change: () => void): void {
    change();
    this.#problems = {};
    this.update();
  }
}
