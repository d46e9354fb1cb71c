import type { IStateDB } from '@jupyterlab/statedb';
import { type ISignal, Signal } from '@lumino/signaling';

const KEY = 'jupyter-berth:recent';
const MOST = 50;

/** Names of the kernels that this person used last, the last one first; kept in Lab's state database where there is one. */
export class RecentKernels {
  readonly state: IStateDB | undefined;
  readonly #changed = new Signal<this, void>(this);
  #names: readonly string[] = [];

  constructor(state: IStateDB | undefined) {
    this.state = state;
  }

  get names(): readonly string[] {
    return this.#names;
  }
  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  async load(): Promise<void> {
    const known = await this.state?.fetch(KEY);
    if (!Array.isArray(known)) return;
    const names = known.filter((name) => typeof name === 'string');
    this.#names = [...new Set([...this.#names, ...names])].slice(0, MOST);
    this.#changed.emit();
  }

  async use(name: string): Promise<void> {
    this.#names = [name, ...this.#names.filter((other) => other !== name)].slice(0, MOST);
    this.#changed.emit();
    await this.state?.save(KEY, [...this.#names]);
  }
}
