/** One message of a stream of server-sent events. `id` is the last one that was given, also by an earlier message. */
export interface StreamMessage {
  readonly type: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** No message of ours is near this; a stream that sends more without an end of message is not ours. */
const MOST_CHARACTERS = 4_000_000;

/** Reads server-sent events from pieces of text as they come. Source: HTML, "Interpreting an event stream". */
export class EventStreamParser {
  #rest = '';
  #type = '';
  #data: string[] = [];
  #id: string | undefined;

  /** The messages that this piece completes. @throws Error if a message is larger than any of ours */
  push(piece: string): readonly StreamMessage[] {
    const text = this.#rest + piece;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    const messages = lines.flatMap((line) => this.#line(line));
    if (this.#rest.length + this.#data.reduce((sum, line) => sum + line.length, 0) > MOST_CHARACTERS) {
      throw new Error('an event without an end');
    }
    return messages;
  }

  #line(line: string): readonly StreamMessage[] {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return [];
  }

  #end(): readonly StreamMessage[] {
    const data = this.#data;
    const type = this.#type;
    this.#data = [];
    this.#type = '';
    return data.length === 0 ? [] : [{ type: type || 'message', data: data.join('\n'), id: this.#id }];
  }
}
