import type { KernelEntry } from '@berth/schema/rest';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { KernelRow } from './kernel-row.tsx';
import { rowWindow, scrollTo } from './row-window.ts';

interface KernelRowsProps {
  readonly kernels: readonly KernelEntry[];
  readonly chosen: string | undefined;
  readonly trans: TranslationBundle;
  readonly onChoose: (name: string) => void;
  readonly onStart: (entry: KernelEntry) => void;
}

/** Pixels; as `--jp-berth-row` in style/gallery.css. */
const ROW = 44;
const idOf = (entry: KernelEntry): string => `berth-kernel-${entry.name}`;

/**
 * The list, of which only the rows in sight are drawn. One stop for Tab; arrows, Page, Home and End choose, Enter starts.
 * Grid and not listbox, because each row holds a button.
 */
export function KernelRows({ kernels, chosen, trans, onChoose, onStart }: KernelRowsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  /** Whether it is a pointer that brings the focus: the row below it is meant then, and nothing moves under it. */
  const pointing = useRef(false);
  const [view, setView] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const node = list.current;
    if (!node) return;
    const measure = (): void => setView({ top: node.scrollTop, height: node.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    measure();
    return () => observer.disconnect();
  }, []);

  const at = kernels.findIndex(({ name }) => name === chosen);
  const go = (index: number): void => {
    const entry = kernels[Math.max(0, Math.min(kernels.length - 1, index))];
    const node = list.current;
    if (!entry || !node) return;
    onChoose(entry.name);
    node.scrollTop = scrollTo(kernels.indexOf(entry), ROW, node.scrollTop, node.clientHeight);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // a key on a row's button is the button's
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor(view.height / ROW) - 1);
    const to: Partial<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: kernels.length - 1,
    };
    const next = to[event.key];
    const entry = kernels[at];
    if (next !== undefined) go(next);
    else if (event.key === 'Enter' && entry) onStart(entry);
    else return;
    event.preventDefault();
  };

  const { first, end } = rowWindow(kernels.length, ROW, view.top, view.height);
  return (
    <div
      ref={list}
      className="jp-Berth-rows"
      role="grid"
      tabIndex={0}
      aria-label={trans.__('Kernels in containers')}
      aria-rowcount={kernels.length}
      aria-activedescendant={at >= first && at < end ? `berth-kernel-${chosen}` : undefined}
      onKeyDown={onKeyDown}
      onPointerDown={() => {
        pointing.current = true;
      }}
      onPointerUp={() => {
        pointing.current = false;
      }}
      onPointerCancel={() => {
        pointing.current = false;
      }}
      onFocus={(event) => {
        if (event.target === event.currentTarget && at < 0 && !pointing.current) go(0);
      }}
      onScroll={(event) => setView({ ...view, top: event.currentTarget.scrollTop })}
    >
      <div role="presentation" className="jp-Berth-rowsAll" style={{ height: kernels.length * ROW }}>
        {kernels.slice(first, end).map((entry, index) => (
          <KernelRow
            key={entry.name}
            id={idOf(entry)}
            entry={entry}
            index={first + index}
            top={(first + index) * ROW}
            chosen={entry.name === chosen}
            trans={trans}
            onChoose={onChoose}
            onStart={onStart}
          />
        ))}
      </div>
    </div>
  );
}
