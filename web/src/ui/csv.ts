// CSV (RFC 4180) for spreadsheets.
type Cell = string | number | null;

/** A cell that begins like a formula would be run by a spreadsheet: the mark in front keeps it text. */
const FORMULA = /^[=+\-@\t\r]/;

export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on what is in it once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
