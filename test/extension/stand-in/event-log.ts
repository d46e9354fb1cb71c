import type { ServerEvent } from '@berth/schema/rest';
import type { ServerResponse } from 'node:http';

/** The stand-in's stream of events: ids `INSTANCE-NUMBER`, resumed after the last one, `reset` when that is not known. */
export class EventLog {
  #instance = 1;
  readonly #past: string[] = [];
  readonly #streams = new Set<ServerResponse>();

  get listeners(): number {
    return this.#streams.size;
  }

  emit({ type, value }: ServerEvent): void {
    const id = `${this.#instance}-${this.#past.length + 1}`;
    const text = `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
    this.#past.push(text);
    for (const stream of this.#streams) stream.write(text);
  }

  open(response: ServerResponse, last: string | undefined): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': hello\n\n');
    const [instance, seen] = (last ?? '').split('-').map(Number);
    if (last !== undefined) {
      if (instance === this.#instance) for (const text of this.#past.slice(seen)) response.write(text);
      else response.write(`id: ${this.#instance}-${this.#past.length}\nevent: reset\ndata: {}\n\n`);
    }
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  /** Break every stream, as a network does. */
  drop(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** As after a restart of the server: what was sent is not known any more. */
  forget(): void {
    this.#instance += 1;
    this.#past.length = 0;
    this.drop();
  }
}
