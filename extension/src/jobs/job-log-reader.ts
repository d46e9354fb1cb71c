import type { BerthClient } from '../client/client.ts';

/** Characters that are kept: the end of a long log. */
const MOST = 1_000_000;
/** Colours of a terminal, which a page does not show. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g');

/** What was said during the newest attempt of a run: the end of it, and then what is new. */
export class JobLogReader {
  readonly #client: BerthClient;
  readonly #params: { readonly id: string; readonly index: string };
  #text = '';
  #next = -MOST;
  #attempt: number | undefined;

  constructor(client: BerthClient, id: string, index: number) {
    this.#client = client;
    this.#params = { id, index: String(index) };
  }

  /** All that is there now; each part is shown as it comes. @param show says whether anybody wants more @throws ServerProblem */
  async read(show: (text: string) => boolean): Promise<void> {
    for (;;) {
      const part = await this.#client.call('jobLog', {
        params: this.#params,
        query: { from: String(this.#next) },
      });
      const before = this.#attempt;
      this.#attempt = part.attempt;
      if (before !== undefined && before !== part.attempt) {
        // begun anew, with a log of its own
        this.#text = '';
        this.#next = -MOST;
        continue;
      }
      this.#text = (this.#text + part.text.replace(ESCAPES, '')).slice(-MOST);
      this.#next = part.next;
      if (!show(this.#text) || !part.more) return;
    }
  }
}
