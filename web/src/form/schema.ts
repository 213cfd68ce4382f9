// What kind of field a JSON Schema (2020-12) asks for. The service judges answers; this only decides how one is typed in.
import type { Json } from "../api/graphql";

export type Schema = { readonly [keyword: string]: Json };
export type JsonObject = { [name: string]: Json };

export type Control =
  | { kind: "text" | "long" | "date" | "moment" | "email" | "link" | "number" | "yesno" | "raw" }
  | { kind: "choice"; options: readonly Option[] }
  | { kind: "several"; options: readonly Option[] }
  | { kind: "list"; items: Schema }
  | { kind: "group"; fields: readonly NamedSchema[] }
  | { kind: "variants"; variants: readonly Schema[] };

export interface Option {
  value: Json;
  title: string;
}
export interface NamedSchema {
  name: string;
  schema: Schema;
  required: boolean;
}

const LONG_TEXT = 120;
const MOST_REFERENCES = 64;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema with its local references and `allOf` written out at this level. */
export function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let n = 0; typeof found.$ref === "string" && n < MOST_REFERENCES; n++) {
    const { $ref, ...beside } = found;
    found = { ...target(root, String($ref)), ...beside };
  }
  if (!Array.isArray(found.allOf)) return found;
  const { allOf, ...own } = found;
  return [...allOf.filter(isObject).map((part) => resolved(part, root)), own].reduce(merged);
}

function merged(a: Schema, b: Schema): Schema {
  const both = { ...a, ...b };
  if (isObject(a.properties) && isObject(b.properties))
    both.properties = { ...a.properties, ...b.properties };
  if (Array.isArray(a.required) && Array.isArray(b.required)) both.required = [...a.required, ...b.required];
  for (const branch of ["then", "else"]) {
    const [one, other] = [a[branch], b[branch]];
    if (isObject(one) && isObject(other)) both[branch] = merged(one, other);
  }
  return both;
}

function target(root: Schema, ref: string): Schema {
  let found: Json | undefined = root as JsonObject;
  if (!ref.startsWith("#")) return {};
  for (const part of decodeURIComponent(ref.slice(1)).split("/").slice(1)) {
    const name: string = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isObject(found) ? found[name] : Array.isArray(found) ? found[Number(name)] : undefined;
  }
  return isObject(found) ? found : {};
}

/** The type that is not null, of a schema that says one. */
function typeOf(schema: Schema): string | undefined {
  if (typeof schema.type === "string") return schema.type;
  if (Array.isArray(schema.type)) return schema.type.map(String).find((type) => type !== "null");
  if (isObject(schema.properties)) return "object";
  return schema.items ? "array" : undefined;
}

export function controlOf(given: Schema, root: Schema): Control {
  const schema = resolved(given, root);
  const options = optionsOf(schema, root);
  if (options) return { kind: "choice", options };
  const variants = variantsOf(schema, root);
  const [only] = variants;
  if (only) return variants.length === 1 ? controlOf(only, root) : { kind: "variants", variants };
  switch (typeOf(schema)) {
    case "boolean":
      return { kind: "yesno" };
    case "number":
    case "integer":
      return { kind: "number" };
    case "string":
      return { kind: textKind(schema) };
    case "array":
      return listControl(schema, root);
    case "object":
      return groupControl(schema, root);
    default:
      return { kind: "raw" };
  }
}

function textKind(schema: Schema): "text" | "long" | "date" | "moment" | "email" | "link" {
  switch (schema.format) {
    case "date":
      return "date";
    case "date-time":
      return "moment";
    case "email":
      return "email";
    case "uri":
      return "link";
    default:
      return typeof schema.maxLength === "number" && schema.maxLength > LONG_TEXT ? "long" : "text";
  }
}

function listControl(schema: Schema, root: Schema): Control {
  const items = isObject(schema.items) ? schema.items : {};
  const options = optionsOf(resolved(items, root), root);
  return options ? { kind: "several", options } : { kind: "list", items };
}

function groupControl(schema: Schema, root: Schema): Control {
  if (!isObject(schema.properties)) return { kind: "raw" };
  const required = namesIn(schema.required);
  const properties = new Map(Object.entries(schema.properties));
  // What is asked for under a condition has its field at all times: whether it holds, the service judges.
  const { then, else: otherwise, dependentSchemas, dependentRequired } = schema;
  const conditional = [
    then,
    otherwise,
    ...(isObject(dependentSchemas) ? Object.values(dependentSchemas) : []),
  ];
  const asked = [...required];
  for (const branch of conditional.filter(isObject).map((each) => resolved(each, root))) {
    for (const [name, field] of Object.entries(isObject(branch.properties) ? branch.properties : {}))
      if (!properties.has(name)) properties.set(name, field);
    asked.push(...namesIn(branch.required));
  }
  asked.push(...(isObject(dependentRequired) ? Object.values(dependentRequired).flatMap(namesIn) : []));
  for (const name of asked) if (!properties.has(name)) properties.set(name, {});
  const fields = [...properties].map(([name, field]) => ({
    name,
    schema: isObject(field) ? field : {},
    required: required.includes(name),
  }));
  return { kind: "group", fields };
}

const namesIn = (names: Json | undefined) => (Array.isArray(names) ? names.map(String) : []);

/** The shapes to choose from but null, each with what stands beside all of them. */
function variantsOf(schema: Schema, root: Schema): Schema[] {
  const variants = [schema.oneOf, schema.anyOf].find(Array.isArray)?.filter(isObject) ?? [];
  // The title and the like are the whole's, not a shape's.
  const { title, description, default: _, oneOf, anyOf, ...beside } = schema;
  return variants
    .map((variant) => resolved(variant, root))
    .filter((variant) => variant.type !== "null")
    .map((variant) => merged(beside, variant));
}

/** What is meant where nothing is said to what is required: an empty list or null, where the schema takes it. */
export function empty(given: Schema, root: Schema): Json | undefined {
  const schema = resolved(given, root);
  // Among values to choose from, null is chosen like any other.
  if (optionsOf(schema, root)) return undefined;
  if (takesNull(schema, root)) return null;
  const { kind } = controlOf(schema, root);
  return (kind === "list" || kind === "several") && !schema.minItems ? [] : undefined;
}

function takesNull(schema: Schema, root: Schema): boolean {
  const variants = [schema.oneOf, schema.anyOf].find(Array.isArray)?.filter(isObject) ?? [];
  return (
    (Array.isArray(schema.type) && schema.type.includes("null")) ||
    variants.some((variant) => resolved(variant, root).type === "null")
  );
}

/** The value as it is sent: what is required, and may be empty, is there though nothing was said to it. */
export function whole(given: Schema, root: Schema, value: Json | undefined): Json | undefined {
  const control = controlOf(given, root);
  if (value === undefined) {
    const nothing = empty(given, root);
    return nothing === undefined && control.kind === "group" ? whole(given, root, {}) : nothing;
  }
  if (control.kind === "list" && Array.isArray(value))
    return value.map((entry) => whole(control.items, root, entry) ?? entry);
  if (control.kind === "variants") {
    // Where several are as likely the form has made it whole for the one that was chosen.
    const fits = control.variants.map((variant) => nearness(variant, root, value));
    const best = Math.max(...fits);
    const [one, ...others] = control.variants.filter((_, n) => fits[n] === best);
    return one && !others.length ? whole(one, root, value) : value;
  }
  if (control.kind !== "group" || !isObject(value)) return value;
  const made: JsonObject = { ...value };
  for (const { name, schema, required } of control.fields) {
    if (!required && !Object.hasOwn(value, name)) continue;
    const part = whole(schema, root, Object.hasOwn(value, name) ? value[name] : undefined);
    if (part !== undefined) made[name] = part;
  }
  return made;
}

/** The place of the variant that a value was most likely given as; the first, where none is likelier. */
export function likeliest(variants: readonly Schema[], root: Schema, value: Json | undefined): number {
  const fits = variants.map((variant) => (value === undefined ? 0 : nearness(variant, root, value)));
  return Math.max(0, fits.indexOf(Math.max(...fits)));
}

/** How well a value fits, as far as its form tells; below 0: not at all. */
function nearness(given: Schema, root: Schema, value: Json): number {
  const control = controlOf(given, root);
  switch (control.kind) {
    case "raw":
      return 0;
    case "choice":
      return control.options.some((option) => JSON.stringify(option.value) === JSON.stringify(value))
        ? 2
        : -1;
    case "list":
    case "several":
      return Array.isArray(value) ? 1 : -1;
    case "number":
      return typeof value === "number" ? 1 : -1;
    case "yesno":
      return typeof value === "boolean" ? 1 : -1;
    case "variants":
      return Math.max(...control.variants.map((variant) => nearness(variant, root, value)));
    case "group": {
      if (!isObject(value)) return -1;
      const known = control.fields.filter(({ name }) => Object.hasOwn(value, name));
      // What is not done, a number that cannot be read, still has its field; a constant of another shape says no.
      const fits = known.map(({ name, schema }) => nearness(schema, root, value[name] ?? null));
      const other = known.some(
        ({ schema }, n) => (fits[n] ?? 0) < 0 && controlOf(schema, root).kind === "choice",
      );
      return other ? -1 : fits.reduce((sum, each) => sum + (each < 0 ? 1 : 2), 1);
    }
    default:
      return typeof value === "string" ? 1 : -1;
  }
}

/** The values to choose from: an enum's, a constant's, or those of a oneOf that holds constants only. */
function optionsOf(schema: Schema, root: Schema): Option[] | null {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => ({ value, title: shown(value) }));
  if (schema.const !== undefined) return [{ value: schema.const, title: shown(schema.const) }];
  const parts = [schema.oneOf, schema.anyOf]
    .find(Array.isArray)
    ?.filter(isObject)
    .map((part) => resolved(part, root));
  if (!parts?.length || parts.some((part) => part.const === undefined)) return null;
  return parts.map(({ const: value = null, title }) => ({
    value,
    title: typeof title === "string" ? title : shown(value),
  }));
}

function shown(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What the form begins with: the defaults that the schema gives. */
export function initial(given: Schema, root: Schema): Json | undefined {
  const schema = resolved(given, root);
  if (schema.default !== undefined) return schema.default;
  const control = controlOf(schema, root);
  if (control.kind !== "group") return undefined;
  const made: JsonObject = {};
  for (const { name, schema: field } of control.fields) {
    const value = initial(field, root);
    if (value !== undefined) made[name] = value;
  }
  return Object.keys(made).length || given === root ? made : undefined;
}
