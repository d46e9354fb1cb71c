import { type ISignal, Signal } from '@lumino/signaling';

/**
 * One clock of a second for all that counts down or up on the page. It only makes views draw again: no request comes of
 * it. It stands still while nobody listens.
 */
export class Ticker {
  readonly #ticked = new Signal<this, void>(this);
  #listeners = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Call `listener` each second until the returned function is called. */
  listen(listener: () => void): () => void {
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

  get ticked(): ISignal<this, void> {
    return this.#ticked;
  }
}
