// What the reviewer needs to decide, as a table of names and values; what is nested stands in its own table.
import { useState } from "preact/hooks";
import type { Json } from "../api/graphql";
import { isObject, type JsonObject } from "../form/schema";
import { worded } from "../ui/names";
import { OutLink } from "../ui/OutLink";
import { figure, money, reading } from "./value";

const MOST_ROWS = 30;

export function Context({ context }: { context: Json }) {
  const object: JsonObject = isObject(context) ? context : { value: context };
  if (!Object.keys(object).length) return null;
  return (
    <section class="card" aria-labelledby="context-title">
      <h2 id="context-title">What there is to know</h2>
      <Names object={object} around={object} />
      <details class="raw">
        <summary>As JSON</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>
          <code>{JSON.stringify(context, null, 2)}</code>
        </pre>
      </details>
    </section>
  );
}

/** `around` gives a nested object its currency, where it has none of its own. */
function Names({ object, around }: { object: JsonObject; around: JsonObject }) {
  const known = { currency: around.currency ?? null, ...object };
  return (
    <dl class="names">
      {Object.entries(object).map(([name, value]) => (
        <div key={name} class={isWide(name, value) ? "wide" : undefined}>
          <dt>{worded(name.replace(/([a-z])([A-Z])/g, "$1 $2"))}</dt>
          <dd>
            <Value name={name} value={value} around={known} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function isWide(name: string, value: Json): boolean {
  return ["table", "list", "object", "long", "code"].includes(reading(name, value, {}).as);
}

function Value({ name, value, around }: { name: string; value: Json; around: JsonObject }) {
  const read = reading(name, value, around);
  switch (read.as) {
    case "nothing":
      return <span class="hint">none</span>;
    case "yesno":
      return <>{read.yes ? "Yes" : "No"}</>;
    case "number":
      return <span class="figure">{figure(name, read.number)}</span>;
    case "money":
      return <strong class="figure">{money(read.amount, read.currency)}</strong>;
    case "date":
      return (
        <time dateTime={read.text}>
          {new Date(`${read.text}T12:00:00`).toLocaleDateString(undefined, DATE)}
        </time>
      );
    case "moment":
      return <time dateTime={read.text}>{new Date(read.text).toLocaleString(undefined, MOMENT)}</time>;
    case "link":
      return <OutLink href={read.text}>{read.text}</OutLink>;
    case "code":
      return (
        <pre>
          <code>{read.text}</code>
        </pre>
      );
    case "long":
      return <p class="long">{read.text}</p>;
    case "text":
      return <>{read.text}</>;
    case "words":
      return (
        <ul class="chips">
          {read.words.map((word) => (
            <li key={word} class="chip">
              {word}
            </li>
          ))}
        </ul>
      );
    case "object":
      return <Names object={read.object} around={around} />;
    case "list":
      return (
        <ol class="items">
          {read.items.map((item, n) => (
            <li key={n}>
              <Value name={name} value={item} around={around} />
            </li>
          ))}
        </ol>
      );
    case "table":
      return <Table name={name} columns={read.columns} rows={read.rows} around={around} />;
  }
}

interface TableProps {
  name: string;
  columns: readonly string[];
  rows: readonly JsonObject[];
  around: JsonObject;
}

function Table({ name, columns, rows, around }: TableProps) {
  const [all, setAll] = useState(rows.length <= MOST_ROWS);
  const shown = all ? rows : rows.slice(0, MOST_ROWS);
  const numeric = (column: string) => rows.every((row) => typeof row[column] === "number");
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroller" tabIndex={0} aria-label={worded(name)}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" class={numeric(column) ? "right" : undefined}>
                  {worded(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, n) => (
              <tr key={n}>
                {columns.map((column) => (
                  <td key={column} class={numeric(column) ? "right" : undefined}>
                    {row[column] !== undefined && (
                      <Value
                        name={column}
                        value={row[column]}
                        around={{ currency: around.currency ?? null, ...row }}
                      />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {!all && (
        <button type="button" class="button quiet" onClick={() => setAll(true)}>
          Show all {rows.length}
        </button>
      )}
    </>
  );
}

const DATE: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric" };
const MOMENT: Intl.DateTimeFormatOptions = { ...DATE, hour: "2-digit", minute: "2-digit" };
