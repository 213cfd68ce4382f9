import { expect, test } from "vitest";
import { filterOf } from "../src/analysis/filter";
import { missing } from "../src/answer/draft";
import { pause } from "../src/api/live";
import { reading } from "../src/task/value";
import { csv } from "../src/ui/csv";
import { listed } from "../src/ui/names";
import { safeHref } from "../src/ui/OutLink";
import { ago, nearness, span } from "../src/ui/time";

test.each([
  [900, "0 s"],
  [45_000, "45 s"],
  [125_000, "2 min 5 s"],
  [3_600_000 + 120_000, "1 h 2 min"],
  [2 * 86_400_000, "2 d"],
])("%d ms is %s", (ms, words) => {
  expect(span(ms)).toBe(words);
});

const from = "2026-01-31T12:00:00Z";
const until = "2026-01-31T13:00:00Z";
test.each([
  ["2026-01-31T12:10:00Z", "far"],
  ["2026-01-31T12:51:00Z", "near"],
  ["2026-01-31T12:57:00Z", "close"],
  ["2026-01-31T13:00:00Z", "past"],
])("at %s an hour's deadline is %s", (now, expected) => {
  expect(nearness(from, until, Date.parse(now))).toBe(expected);
});

test("what is past and what is to come", () => {
  const now = Date.parse(from);
  expect([ago(until, now), ago("2026-01-31T11:58:00Z", now), ago(from, now)]).toEqual([
    "in 1 h",
    "2 min ago",
    "just now",
  ]);
});

test.each([
  ["amount", 2500, "money"],
  ["count", 3, "number"],
  ["when", "2026-01-31", "date"],
  ["when", "2026-01-31T12:00:00Z", "moment"],
  ["url", "https://example.com/x", "link"],
  ["note", "x".repeat(300), "long"],
  ["tags", ["a", "b"], "words"],
  ["lines", [{ a: 1 }, { a: 2, b: 3 }], "table"],
  ["tree", [{ a: { b: 1 } }], "list"],
  ["sum", { amount: 1, currency: "EUR" }, "money"],
  ["none", null, "nothing"],
])("%s %j is read as %s", (name, value, as) => {
  expect(reading(name, value, { currency: "USD" }).as).toBe(as);
});

test("only addresses that a browser may be sent to are links", () => {
  expect(safeHref("https://example.com/")).toBe("https://example.com/");
  expect([safeHref("javascript:alert(1)"), safeHref("data:text/html,x"), safeHref("/here")]).toEqual([
    null,
    null,
    null,
  ]);
});

test("CSV quotes what it must, and keeps a spreadsheet from running anything", () => {
  expect(csv([["a,b", 'say "x"', null, 1.5, "=1+1"]])).toBe('"a,b","say ""x""",,1.5,\'=1+1\r\n');
});

test("a rejection needs its reason, an approval does not", () => {
  expect(missing({ decision: "REJECT", comment: "  " })?.path).toBe("/comment");
  expect(missing({ decision: "APPROVE", comment: "" })).toBeNull();
});

test("the next try comes later and later, up to eight seconds, and never for all at once", () => {
  expect(pause(0, () => 1)).toBe(250);
  expect(pause(20, () => 1)).toBe(8000);
  expect(pause(20, () => 0)).toBe(4000);
});

test("a filter asks for what was given and nothing else", () => {
  const none = filterOf({ workflow: "", reviewer: "", label: "model", days: null }, 0);
  expect(none).toEqual({ workflow: null, reviewer: null, label: null, after: null });
  const label = filterOf({ workflow: "", reviewer: "", label: "model = a=b", days: 1 }, 86_400_000);
  expect(label).toMatchObject({ label: { name: "model", value: "a=b" }, after: "1970-01-01T00:00:00.000Z" });
});

test("people are listed as one speaks", () => {
  expect([listed([]), listed(["a"]), listed(["a", "b", "c"])]).toEqual(["nobody", "a", "a, b and c"]);
});

test.each(["0000-00-00", "2026-02-30", "2026-13-01", "2026-01-31T25:00:00Z", "2026-02-30T10:00:00Z"])(
  "%s is no day or time that there is, and shown as it is",
  (text) => {
    expect(reading("due", text, {})).toEqual({ as: "text", text });
  },
);

test.each([
  ["2028-02-29", "date"],
  ["0001-01-01", "date"],
  ["2026-01-31T23:59:60Z", "text"],
  ["2026-03-01T00:30:00+02:00", "moment"],
  ["2026-02-28T24:00:00Z", "moment"],
])("%s is read as a %s", (text, as) => {
  expect(reading("due", text, {}).as).toBe(as);
});
