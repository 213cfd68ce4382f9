// Figures as a table, which can be taken away as CSV.
import { csv, download } from "../ui/csv";
import type { Figures } from "./documents";
import { type Column, keyOf } from "./table";

interface FigureTableProps {
  title: string;
  rows: readonly Figures[];
  columns: readonly Column[];
  /** What the rows are named by. */
  first: string;
  folded?: boolean;
}

export function FigureTable({ title, rows, columns, first, folded = false }: FigureTableProps) {
  const save = () => {
    const head = [first, ...columns.map((column) => column.title)];
    const name = `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.csv`;
    download(
      name,
      csv([head, ...rows.map((row) => [keyOf(row) || "all", ...columns.map((column) => column.of(row))])]),
    );
  };
  const table = (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroller" tabIndex={0} aria-label={`${title}, as a table`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{first}</th>
              {columns.map((column) => (
                <th key={column.title} scope="col" class="right">
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                <th scope="row">{keyOf(row) || "all"}</th>
                {columns.map((column) => (
                  <td key={column.title} class="right">
                    {column.shown?.(row) ?? column.of(row)?.toLocaleString() ?? "–"}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <button class="button quiet" type="button" onClick={save}>
        Download CSV
      </button>
    </>
  );
  if (!folded) return table;
  return (
    <details>
      <summary>As a table</summary>
      {table}
    </details>
  );
}
