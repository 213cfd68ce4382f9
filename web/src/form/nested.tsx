// Fields that hold fields: objects, lists, and one of several shapes.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Json } from "../api/graphql";
import { Field, type FieldProps } from "./Field";
import { below } from "./problems";
import {
  controlOf,
  empty,
  initial,
  isObject,
  type JsonObject,
  likeliest,
  type NamedSchema,
  resolved,
  type Schema,
  whole,
} from "./schema";

interface Named {
  label: ComponentChildren;
  notes: ComponentChildren;
}

export function Group(props: FieldProps & Named & { fields: readonly NamedSchema[] }) {
  const { fields, label, notes, root, path, value, onChange, required, problems } = props;
  const given: JsonObject = isObject(value) ? value : {};
  const set = (name: string, part: Json | undefined) => {
    const { [name]: _, ...rest } = given;
    const next = part === undefined ? rest : { ...rest, [name]: part };
    // An object that may be left out, and holds nothing, is left out.
    onChange(Object.keys(next).length || required ? next : undefined);
  };
  const inner = fields.map((field) => (
    <Field
      key={field.name}
      {...field}
      root={root}
      path={below(path, field.name)}
      value={Object.hasOwn(given, field.name) ? given[field.name] : undefined}
      onChange={(part) => set(field.name, part)}
      problems={problems}
    />
  ));
  if (label === null) {
    return (
      <div class="fields">
        {inner}
        {notes}
      </div>
    );
  }
  return (
    <fieldset class="group" data-path={path}>
      <legend class="label">{label}</legend>
      <div class="fields">{inner}</div>
      {notes}
    </fieldset>
  );
}

export function List(props: FieldProps & Named & { items: Schema }) {
  const { items, label, notes, root, path, value, onChange, problems } = props;
  const entries = Array.isArray(value) ? value : [];
  const changed = (next: Json[]) => onChange(next.length ? next : undefined);
  // An entry keeps its name while others go: its inputs hold more than their value, such as JSON that is not done.
  const names = useRef<number[]>([]);
  const last = useRef(0);
  while (names.current.length < entries.length) names.current.push(last.current++);
  const remove = (n: number) => {
    names.current.splice(n, 1);
    changed(entries.toSpliced(n, 1));
  };
  return (
    <fieldset class="group" data-path={path}>
      <legend class="label">{label}</legend>
      {entries.map((entry, n) => (
        <div class="entry" key={names.current[n]}>
          <Field
            schema={items}
            root={root}
            path={below(path, n)}
            name={`${n + 1}`}
            required
            value={entry}
            onChange={(part) => changed(entries.with(n, part ?? blank(items, root)))}
            problems={problems}
          />
          <button
            class="button quiet"
            type="button"
            aria-label={`Remove entry ${n + 1}`}
            onClick={() => remove(n)}
          >
            Remove
          </button>
        </div>
      ))}
      <button
        class="button"
        type="button"
        onClick={() => changed([...entries, initial(items, root) ?? blank(items, root)])}
      >
        Add an entry
      </button>
      {notes}
    </fieldset>
  );
}

/** An entry with nothing in it yet. */
function blank(schema: Schema, root: Schema): Json {
  const nothing = empty(schema, root);
  if (nothing !== undefined) return nothing;
  const { kind } = controlOf(schema, root);
  return kind === "group" ? {} : kind === "list" || kind === "several" ? [] : kind === "raw" ? null : "";
}

export function Variants(props: FieldProps & Named & { variants: readonly Schema[] }) {
  const { variants, label, notes, root, path, value, onChange } = props;
  // What is there already, of a draft or a default, says which it is.
  const [chosen, setChosen] = useState(() => likeliest(variants, root, value));
  const variant = variants[chosen] ?? {};
  return (
    <fieldset class="group" data-path={path}>
      <legend class="label">{label}</legend>
      <div class="options">
        {variants.map((each, n) => {
          const { title } = resolved(each, root);
          const name = typeof title === "string" ? title : `Shape ${n + 1}`;
          return (
            <label key={name} class="option">
              <input
                type="radio"
                name={`${path}#shape`}
                checked={n === chosen}
                onChange={() => {
                  setChosen(n);
                  onChange(initial(each, root));
                }}
              />
              {name}
            </label>
          );
        })}
      </div>
      <Field
        key={chosen}
        {...props}
        schema={variant}
        name={null}
        onChange={(part) => onChange(part === undefined ? part : whole(variant, root, part))}
      />
      {notes}
    </fieldset>
  );
}
