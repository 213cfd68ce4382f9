// Only the rows in view, and a few around them, are in the page. What the reader looks at stays where it is when rows
// come and go above it.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { between, type Row, type Rows, shift } from "./rows";

const AROUND_PX = 500;

export function useWindow(list: RefObject<HTMLElement | null>, { rows }: Rows): readonly Row[] {
  const [view, setView] = useState({ top: 0, height: 1000 });
  const before = useRef(rows);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const size = new ResizeObserver(look);
    element.addEventListener("scroll", look, { passive: true });
    size.observe(element);
    look();
    return () => {
      element.removeEventListener("scroll", look);
      size.disconnect();
    };
  }, []);

  useLayoutEffect(() => {
    const element = list.current;
    const moved = element ? shift(before.current, rows, element.scrollTop) : 0;
    before.current = rows;
    if (element && moved) element.scrollTop += moved;
  }, [rows]);

  return between(rows, view.top - AROUND_PX, view.top + view.height + AROUND_PX);
}

/** Scrolls as little as is needed for a row to be seen whole. */
export function reveal(element: HTMLElement, row: Row): void {
  const below = row.top + row.height - element.clientHeight;
  if (row.top < element.scrollTop) element.scrollTop = row.top;
  else if (below > element.scrollTop) element.scrollTop = below;
}
