// The list of what waits, by urgency.
import { useEffect, useRef } from "preact/hooks";
import { counted } from "../ui/names";
import type { Reviewer } from "./inbox";
import { TaskRow } from "./Row";
import type { Rows } from "./rows";
import { reveal, useWindow } from "./useWindow";

interface InboxListProps {
  rows: Rows;
  me: Reviewer;
  open: string | null;
  /** Where the keyboard is; `moved` counts how often it was moved there by a key. */
  current: string | null;
  moved: number;
  chosen: ReadonlySet<string>;
  onChoose: (id: string) => void;
  onCurrent: (id: string) => void;
}

export function InboxList({ rows, me, open, current, moved, chosen, onChoose, onCurrent }: InboxListProps) {
  const list = useRef<HTMLElement>(null);
  const shown = useWindow(list, rows);

  useEffect(() => {
    const row = rows.rows.find((each) => each.key === current);
    if (!moved || !row || !list.current) return;
    reveal(list.current, row);
    // The row is drawn once the list has been scrolled to it.
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>(`[data-task="${current}"]`)?.focus({ preventScroll: true }),
    );
  }, [moved]);

  return (
    <section class="list" ref={list} aria-label="Inbox">
      <ul style={{ height: `${rows.height}px` }}>
        {shown.map((row) =>
          row.kind === "head" ? (
            <li
              key={row.key}
              class={`head ${row.key.toLowerCase()}`}
              style={{ top: `${row.top}px`, height: `${row.height}px` }}
            >
              <h2>{row.title}</h2>
              <span class="hint">{row.hint}</span>
              <span class="count" title={counted(row.count, "task")}>
                {row.count.toLocaleString()}
              </span>
            </li>
          ) : (
            <TaskRow
              key={row.key}
              row={row}
              me={me}
              size={rows.order.length}
              open={row.key === open}
              current={row.key === (current ?? rows.order[0])}
              chosen={chosen.has(row.key)}
              onChoose={() => onChoose(row.key)}
              onFocus={() => onCurrent(row.key)}
            />
          ),
        )}
      </ul>
    </section>
  );
}
