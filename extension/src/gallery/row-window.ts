/** Which rows of a long list are drawn. */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
}

/** Rows drawn beyond the edges, so that scrolling a little finds them there. */
const BEYOND = 8;

/** The rows of `count` that show in a list `height` pixels high, scrolled by `top`, of rows of `rowHeight`. */
export function rowWindow(count: number, rowHeight: number, top: number, height: number): RowWindow {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - BEYOND));
  const end = Math.min(count, Math.ceil((Math.max(0, top) + height) / rowHeight) + BEYOND);
  return { first, end: Math.max(first, end) };
}

/** Where to scroll so that row `index` is whole in sight; `top` when it is. */
export function scrollTo(index: number, rowHeight: number, top: number, height: number): number {
  const above = index * rowHeight;
  if (above < top) return above;
  return above + rowHeight > top + height ? above + rowHeight - height : top;
}
