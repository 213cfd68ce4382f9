// The inbox as rows: groups by urgency, in each the nearest deadline first, every row with its place on the page.
import type { Entry, Inbox } from "./inbox";

export const HEAD_PX = 36;
export const ROW_PX = 86;

export type Row = { key: string; top: number; height: number } & (
  | { kind: "head"; title: string; hint: string; count: number }
  | { kind: "task"; entry: Entry; position: number }
);

export interface Rows {
  rows: readonly Row[];
  /** The ids of the tasks, in order. */
  order: readonly string[];
  height: number;
}

const GROUPS = [
  { name: "URGENT", title: "Urgent", hint: "within the hour" },
  { name: "ROUTINE", title: "Routine", hint: "within a day" },
  { name: "COMPLIANCE", title: "Compliance", hint: "within a week" },
] as const;

export function rowsOf(inbox: Inbox): Rows {
  const groups = new Map<string, Entry[]>(GROUPS.map(({ name }) => [name, []]));
  for (const entry of inbox.entries.values()) {
    groups.get(entry.task.urgency)?.push(entry);
  }
  const rows: Row[] = [];
  const order: string[] = [];
  let top = 0;
  for (const { name, title, hint } of GROUPS) {
    const entries = (groups.get(name) ?? []).sort(bySoonest);
    if (!entries.length) continue;
    const count = entries.filter((entry) => !entry.gone).length;
    rows.push({ kind: "head", key: name, title, hint, count, top, height: HEAD_PX });
    top += HEAD_PX;
    for (const entry of entries) {
      order.push(entry.task.id);
      rows.push({ kind: "task", key: entry.task.id, entry, position: order.length, top, height: ROW_PX });
      top += ROW_PX;
    }
  }
  return { rows, order, height: top };
}

function bySoonest(a: Entry, b: Entry): number {
  return a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : a.task.id < b.task.id ? -1 : 1;
}

/** The rows that lie between two heights. */
export function between(rows: readonly Row[], from: number, until: number): readonly Row[] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && row.top + row.height <= from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < rows.length && (rows[end]?.top ?? 0) < until) end++;
  return rows.slice(low, end);
}

/** How far the reader must be moved for the row at the top of the view to stay where it is. */
export function shift(before: readonly Row[], after: readonly Row[], scrolled: number): number {
  if (scrolled <= 0) return 0;
  const places = new Map(after.map((row) => [row.key, row.top]));
  for (const row of between(before, scrolled, Number.POSITIVE_INFINITY)) {
    const now = places.get(row.key);
    if (row.kind === "task" && now !== undefined) return now - row.top;
  }
  return 0;
}
