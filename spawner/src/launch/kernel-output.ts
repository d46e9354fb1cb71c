import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLine } from './last-line.ts';
import type { PlaceEnds } from './start-place.ts';

/** A grandchild may hold the pipes for ever; what the kernel itself wrote is there by then. */
const PATIENCE_MS = 20;

/** What a kernel writes: passed on as it comes, and the end of its complaints kept. */
export class KernelOutput {
  readonly #through: Promise<unknown>;
  #tail = '';

  constructor({ output, errors }: Pick<PlaceEnds, 'output' | 'errors'>, to: NodeJS.WritableStream) {
    output.on('data', (chunk: Buffer) => to.write(chunk));
    errors.on('data', (chunk: Buffer) => {
      to.write(chunk);
      this.#tail = (this.#tail + chunk.toString('utf8')).slice(-2000);
    });
    this.#through = Promise.allSettled([finished(output), finished(errors)]);
  }

  /** The last line of its standard error, once the kernel has ended. */
  async last(): Promise<string> {
    await Promise.race([this.#through, sleep(PATIENCE_MS)]);
    return lastLine(this.#tail);
  }
}
