import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import type { EventLink } from '../client/event-link.ts';

/** Milliseconds for which a page may be out of sight before it gives its connection back. */
const PATIENCE = 60_000;

/** Starts the events, rests them while the page is hidden for long, and resumes when it is looked at again. */
export function restWhileHidden(
  events: Pick<EventLink, 'start' | 'rest'>,
  page: EventTarget & Pick<Document, 'hidden'> = document,
): IDisposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (page.hidden) timer = setTimeout(() => events.rest(), PATIENCE);
    else events.start();
  };
  page.addEventListener('visibilitychange', look);
  events.start();
  return new DisposableDelegate(() => {
    clearTimeout(timer);
    page.removeEventListener('visibilitychange', look);
    events.rest();
  });
}
