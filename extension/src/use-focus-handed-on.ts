import { type RefObject, useLayoutEffect } from 'react';

/**
 * Where what had the focus is drawn no longer, hand the focus on: else it falls to the body, and whoever has no mouse begins
 * at the top of the page. Called while drawing, because once React has taken an element away nobody tells that it had the
 * focus (it silences the events of its own work).
 * @param handOn gives the focus to another element; called with the one that has gone
 */
export function useFocusHandedOn(
  root: RefObject<HTMLElement | null>,
  handOn: (gone: HTMLElement) => void,
): void {
  const { activeElement } = document;
  const held = root.current?.contains(activeElement) ? (activeElement as HTMLElement) : undefined;
  useLayoutEffect(() => {
    if (held && !held.isConnected) handOn(held);
  });
}
