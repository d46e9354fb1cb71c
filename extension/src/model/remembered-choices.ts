import { Resources } from '@berth/schema';
import { ProfileName } from '@berth/schema/rest';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import * as z from 'zod/mini';

/** What was chosen for a kernel, to be taken for its next new notebook without a question. */
export const Choice = z.object({ resources: Resources, profile: z.optional(ProfileName) });
export type Choice = z.infer<typeof Choice>;

/** Choices for which the person said "don't ask again", by kernelspec; in Lab's state database. */
export class RememberedChoices {
  readonly #state: IStateDB | undefined;

  constructor(state: IStateDB | undefined) {
    this.#state = state;
  }

  async of(kernel: string): Promise<Choice | undefined> {
    const parsed = Choice.safeParse(await this.#state?.fetch(keyOf(kernel)));
    return parsed.success ? parsed.data : undefined;
  }

  async keep(kernel: string, choice: Choice): Promise<void> {
    // the copy drops absent keys, which the database does not know
    await this.#state?.save(keyOf(kernel), JSON.parse(JSON.stringify(choice)) as ReadonlyPartialJSONValue);
  }

  async forget(kernel: string): Promise<void> {
    await this.#state?.remove(keyOf(kernel));
  }
}

const keyOf = (kernel: string): string => `jupyter-berth:choice:${kernel}`;
