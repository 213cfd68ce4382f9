// How a value of the context is best read, judged by its name and looks.
import { isInexact } from "../api/exact";
import type { Json } from "../api/graphql";
import { isObject, type JsonObject } from "../form/schema";

export type Reading =
  | { as: "money"; amount: number; currency: string }
  | { as: "date" | "moment" | "link" | "long" | "text" | "code"; text: string }
  | { as: "number"; number: number }
  | { as: "yesno"; yes: boolean }
  | { as: "nothing" }
  | { as: "words"; words: readonly string[] }
  | { as: "table"; columns: readonly string[]; rows: readonly JsonObject[] }
  | { as: "list"; items: readonly Json[] }
  | { as: "object"; object: JsonObject };

const MONEY = /(amount|price|total|cost|fee|budget|salary|limit|balance|refund|revenue|subtotal|tax)$/i;
const CURRENCY = /^[A-Z]{3}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;
const LINK = /^https?:\/\/\S+$/;
const LONG = 200;
const MOST_COLUMNS = 8;
const WORD = 40;

/** `around` is the object that the value stands in: its currency is often beside it. */
export function reading(name: string, value: Json, around: JsonObject): Reading {
  if (value === null) return { as: "nothing" };
  if (typeof value === "boolean") return { as: "yesno", yes: value };
  if (typeof value === "number") {
    const currency = currencyIn(around);
    return currency && MONEY.test(name)
      ? { as: "money", amount: value, currency }
      : { as: "number", number: value };
  }
  if (typeof value === "string") return textReading(value);
  if (Array.isArray(value)) return listReading(value);
  const { amount, currency, ...more } = value;
  if (typeof amount === "number" && isCurrency(currency) && !Object.keys(more).length)
    return { as: "money", amount, currency };
  return { as: "object", object: value };
}

function textReading(text: string): Reading {
  if (DATE.test(text) && isDay(text)) return { as: "date", text };
  if (MOMENT.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)))
    return { as: "moment", text };
  if (LINK.test(text)) return { as: "link", text };
  if (/^\s*[{[]/.test(text) && text.includes("\n")) return { as: "code", text };
  return { as: text.length > LONG || text.includes("\n") ? "long" : "text", text };
}

/** Whether there is such a day: JavaScript takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function listReading(items: Json[]): Reading {
  if (!items.length) return { as: "nothing" };
  if (items.every((item) => typeof item === "string" && item.length <= WORD && !LINK.test(item)))
    return { as: "words", words: items.map(String) };
  const rows = items.filter(isObject);
  if (rows.length !== items.length) return { as: "list", items };
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const flat = rows.every((row) =>
    Object.values(row).every((cell) => typeof cell !== "object" || cell === null),
  );
  return flat && columns.length <= MOST_COLUMNS ? { as: "table", columns, rows } : { as: "list", items };
}

function isCurrency(value: Json | undefined): value is string {
  return typeof value === "string" && CURRENCY.test(value);
}

function currencyIn(around: JsonObject): string | null {
  return isCurrency(around.currency) ? around.currency : null;
}

// A figure is shown with all its digits: by itself, toLocaleString keeps three after the point.
const DIGITS = { maximumFractionDigits: 20 };

const about = (number: number, shown: string) => (isInexact(number) ? `about ${shown}` : shown);

/** Numbers that name something (1234, 2026) are not counted in thousands. */
export function figure(name: string, number: number): string {
  const names = /(id|number|no|year|code)$/i.test(name);
  return about(number, names ? String(number) : number.toLocaleString(undefined, DIGITS));
}

export function money(amount: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency, ...DIGITS });
    return about(amount, format.format(amount));
  } catch {
    return `${figure("", amount)} ${currency}`;
  }
}
