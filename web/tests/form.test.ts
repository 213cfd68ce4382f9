import { expect, test } from "vitest";
import type { Json } from "../src/api/graphql";
import { atField, elsewhere } from "../src/form/problems";
import { controlOf, empty, initial, likeliest, type Schema, whole } from "../src/form/schema";

const kind = (schema: Schema, root: Schema = schema) => controlOf(schema, root).kind;

test.each<[string, Schema, string]>([
  ["text", { type: "string" }, "text"],
  ["long text", { type: "string", maxLength: 2000 }, "long"],
  ["a date", { type: "string", format: "date" }, "date"],
  ["a moment", { type: "string", format: "date-time" }, "moment"],
  ["an integer", { type: "integer" }, "number"],
  ["yes or no", { type: "boolean" }, "yesno"],
  ["one of some", { enum: ["a", "b"] }, "choice"],
  ["one of some with titles", { oneOf: [{ const: 1, title: "One" }, { const: 2 }] }, "choice"],
  ["several of some", { type: "array", items: { enum: ["a", "b"] } }, "several"],
  ["a list", { type: "array", items: { type: "string" } }, "list"],
  ["an object", { properties: { a: { type: "string" } } }, "group"],
  ["something or nothing", { type: ["number", "null"] }, "number"],
  ["something or null, as anyOf", { anyOf: [{ type: "boolean" }, { type: "null" }] }, "yesno"],
  ["one of several shapes", { oneOf: [{ type: "string" }, { type: "number" }] }, "variants"],
  ["what no field fits", {}, "raw"],
])("%s", (_, schema, expected) => {
  expect(kind(schema)).toBe(expected);
});

test("references point into the whole schema, and escapes in them are read", () => {
  const root: Schema = { $defs: { "a/b": { type: "integer" } } };
  expect(kind({ $ref: "#/$defs/a~1b" }, root)).toBe("number");
});

test("a reference to nowhere, or to itself, is typed in as JSON", () => {
  expect(kind({ $ref: "#/$defs/none" })).toBe("raw");
  expect(kind({ $ref: "#" })).toBe("raw");
});

test("allOf is one form", () => {
  const schema: Schema = {
    allOf: [
      { properties: { a: {} }, required: ["a"] },
      { properties: { b: {} }, required: ["b"] },
    ],
  };
  const control = controlOf(schema, schema);
  expect(control.kind === "group" && control.fields.map(({ name, required }) => [name, required])).toEqual([
    ["a", true],
    ["b", true],
  ]);
});

// biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's, and never awaited
const when = (met: Schema, not: Schema = {}): Schema => ({ if: {}, then: met, else: not });

/** The fields of a form, or of each of its shapes. */
function fields(schema: Schema): string[][] {
  const control = controlOf(schema, schema);
  if (control.kind === "variants") return control.variants.flatMap(fields);
  return [control.kind === "group" ? control.fields.map(({ name }) => name) : []];
}

test.each<[string, Schema, string[][]]>([
  [
    "what stands beside several shapes is part of each",
    { properties: { a: {} }, oneOf: [{ properties: { b: {} } }, { required: ["a"] }] },
    [["a", "b"], ["a"]],
  ],
  [
    "or of the only one",
    { properties: { a: {} }, anyOf: [{ properties: { b: {} } }, { type: "null" }] },
    [["a", "b"]],
  ],
  ["what is needed and not described", { properties: { a: {} }, required: ["b"] }, [["a", "b"]]],
  [
    "what is asked for under a condition",
    {
      properties: { a: {} },
      allOf: [when({ properties: { b: {} } }, { required: ["c"] }), when({ properties: { d: {} } })],
      dependentSchemas: { a: { properties: { e: {} } } },
      dependentRequired: { a: ["f"] },
    },
    [["a", "b", "d", "e", "c", "f"]],
  ],
])("%s can be filled in", (_, schema, expected) => {
  expect(fields(schema)).toEqual(expected);
});

test("a condition's field may be left out, as far as the form knows", () => {
  const control = controlOf({ properties: {}, ...when({ required: ["b"] }) }, {});
  expect(control.kind === "group" && control.fields).toEqual([{ name: "b", schema: {}, required: false }]);
});

test("the form begins with the schema's defaults, and with nothing made up", () => {
  const schema: Schema = {
    properties: { a: { type: "number", default: 3 }, b: { properties: { c: { type: "string" } } } },
  };
  expect(initial(schema, schema)).toEqual({ a: 3 });
});

test("a missing property is shown at its own field", () => {
  const problem = { path: "/input/order", message: '"a/b" is a required property' };
  expect(atField(problem)).toEqual({ path: "/input/order/a~1b", message: "is needed" });
});

test("a problem that no field shows is told apart", () => {
  const problems = [
    { path: "/input/a", message: "x" },
    { path: "/input", message: "y" },
  ];
  expect(elsewhere(problems, new Set(["/input/a"]))).toEqual([problems[1]]);
});

const SHAPES: Schema[] = [
  { properties: { kind: { const: "mail" }, mail: { type: "string" } } },
  { properties: { kind: { const: "phone" }, number: { type: "string" } } },
  { type: "number" },
  { type: "array", items: { type: "string" } },
  { enum: ["none", "later"] },
];

test.each<[string, Json | undefined, number]>([
  ["nothing yet", undefined, 0],
  ["what has its fields", { number: "112" }, 1],
  ["what has its constant", { kind: "phone" }, 1],
  ["what has its field, not done", { number: 7 }, 1],
  ["a number", 7, 2],
  ["a list", ["a"], 3],
  ["one of some", "later", 4],
  ["what none fits", "else", 0],
])("the shape that fits %s is the one that is shown", (_, value, expected) => {
  expect(likeliest(SHAPES, {}, value)).toBe(expected);
});

const LIST: Schema = { type: "array", items: { type: "string" } };
const NULLABLE: Schema = { anyOf: [{ type: "string" }, { type: "null" }] };
const EMPTY = { list: [], maybe: null, either: null, group: {} };

test("what is needed and may be empty is sent empty where nothing was said; nothing else is made up", () => {
  const inner: Schema = {
    properties: {
      list: LIST,
      maybe: NULLABLE,
      either: { oneOf: [{ type: "string" }, { type: "number" }, { type: "null" }] },
      group: { properties: { left: NULLABLE } },
      text: { type: "string" },
      yes: { type: "boolean" },
      one: { enum: ["a", null] },
      some: { ...LIST, minItems: 1 },
      shape: { oneOf: [{ properties: { a: LIST } }, LIST] },
    },
  };
  const schema: Schema = { ...inner, required: Object.keys(inner.properties as object) };
  expect(whole(schema, schema, {})).toEqual(EMPTY);
  expect(whole(schema, schema, { maybe: "x", list: ["a"] })).toEqual({ ...EMPTY, maybe: "x", list: ["a"] });
  expect(whole(inner, inner, {})).toEqual({});
  const nested: Schema = { type: "array", items: schema };
  expect(whole(nested, nested, [{ text: "x" }])).toEqual([{ ...EMPTY, text: "x" }]);
  const shapes: Schema = { oneOf: [{ type: "string" }, schema] };
  expect(whole(shapes, shapes, { text: "x" })).toEqual({ ...EMPTY, text: "x" });
});

test.each<[string, Schema, Json | undefined]>([
  ["a list", LIST, []],
  ["a list of some at least", { ...LIST, minItems: 1 }, undefined],
  ["something or null", NULLABLE, null],
  ["something or null, by its types", { type: ["integer", "null"] }, null],
  ["one of some, null among them", { enum: ["a", null] }, undefined],
  ["a text", { type: "string" }, undefined],
])("nothing said is an answer, or is not: %s", (_, schema, expected) => {
  expect(empty(schema, schema)).toEqual(expected);
  expect(whole(schema, schema, undefined)).toEqual(expected);
});
