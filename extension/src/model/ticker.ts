import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

/**
 * One clock of a second for all that counts down or up on the page. It only makes views draw again: no request comes of
 * it. It stands still while nobody listens.
 */
export class Ticker implements IDisposable {
  readonly #ticked = new Signal<this, void>(this);
  #listeners = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #disposed = false;

  /** Call `listener` each second until the returned function is called. */
  listen(listener: () => void): () => void {
    if (this.#disposed) return () => undefined;
    let listening = true;
    this.#ticked.connect(listener);
    this.#listeners += 1;
    this.#timer ??= setInterval(() => this.#ticked.emit(), 1000);
    return () => {
      if (!listening) return;
      listening = false;
      this.#ticked.disconnect(listener);
      this.#listeners -= 1;
      if (this.#listeners > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    Signal.clearData(this);
  }

  get ticked(): ISignal<this, void> {
    return this.#ticked;
  }
}
