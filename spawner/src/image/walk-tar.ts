import type { TarEntry } from './tar-entry.ts';
import { layerFailure } from './layer-refusal.ts';
import { TarWalker, type TarLimits } from './tar-walker.ts';

type Event = { readonly entry: TarEntry } | { readonly bytes: Buffer } | 'end';

/**
 * The entries of a tar with their bodies, one after the other. A body can be read until the next entry is asked for; what
 * was left unread is skipped. `layer` names the archive in failures.
 * @throws Failure `layer-invalid` | `limit-exceeded`; rules: TarWalker
 */
export async function* walkTar(
  input: AsyncIterable<Uint8Array>,
  limits: TarLimits,
  layer = 'archive',
): AsyncGenerator<{ readonly entry: TarEntry; readonly body: AsyncIterable<Buffer> }, void, undefined> {
  const events = tarEvents(input, limits, layer);
  try {
    for (let event = await events.next(); !event.done; event = await events.next()) {
      if (event.value === 'end' || !('entry' in event.value)) continue;
      const entry = event.value.entry;
      const state = { over: false };
      yield { entry, body: bodyOf(events, state) };
      while (!state.over) state.over = isEnd(await events.next());
    }
  } finally {
    await events.return();
  }
}

async function* bodyOf(
  events: AsyncGenerator<Event, void>,
  state: { over: boolean },
): AsyncGenerator<Buffer, void> {
  while (!state.over) {
    const event = await events.next();
    state.over = isEnd(event);
    if (!event.done && event.value !== 'end' && 'bytes' in event.value) yield event.value.bytes;
  }
}

const isEnd = (event: IteratorResult<Event, void>): boolean => event.done === true || event.value === 'end';

async function* tarEvents(
  input: AsyncIterable<Uint8Array>,
  limits: TarLimits,
  layer: string,
): AsyncGenerator<Event, void> {
  let events: Event[] = [];
  const walker = new TarWalker(limits, {
    entry: (entry) => void events.push({ entry }),
    body: (bytes) => void events.push({ bytes }),
    end: () => void events.push('end'),
  });
  try {
    for await (const chunk of input) {
      try {
        walker.push(chunk);
      } finally {
        // entries before a refused one were in order: the consumer sees them first
        yield* events;
        events = [];
      }
    }
    walker.end();
  } catch (error) {
    throw layerFailure(error, layer);
  }
}
