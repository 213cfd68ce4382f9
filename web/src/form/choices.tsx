// Inputs that choose: one of some, several of some, yes or no.
import type { ComponentChildren } from "preact";
import type { Json } from "../api/graphql";
import type { InputProps } from "./Field";
import type { Option } from "./schema";

interface Named {
  label: ComponentChildren;
  notes: ComponentChildren;
}

const MOST_RADIOS = 4;
const same = (a: Json | undefined, b: Json) => JSON.stringify(a) === JSON.stringify(b);

export function YesNo(props: InputProps & Named) {
  const options = [
    { value: true, title: "Yes" },
    { value: false, title: "No" },
  ];
  return <Radios {...props} options={options} />;
}

export function Choice(props: InputProps & Named & { options: readonly Option[]; required: boolean }) {
  const { id, value, onChange, invalid, describedBy, name, options, label, notes, required } = props;
  if (options.length <= MOST_RADIOS && required) return <Radios {...props} />;
  return (
    <div class="field" data-path={name}>
      <label class="label" for={id}>
        {label}
      </label>
      <select
        id={id}
        name={name}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        value={String(options.findIndex((option) => same(value, option.value)))}
        onChange={(event) => onChange(options[Number(event.currentTarget.value)]?.value)}
      >
        <option value="-1">Choose …</option>
        {options.map((option, n) => (
          <option key={option.title} value={String(n)}>
            {option.title}
          </option>
        ))}
      </select>
      {notes}
    </div>
  );
}

function Radios(props: InputProps & Named & { options: readonly Option[] }) {
  const { value, onChange, invalid, describedBy, name, options, label, notes } = props;
  return (
    <fieldset class="field" data-path={name} aria-describedby={describedBy}>
      <legend class="label">{label}</legend>
      <div class="options">
        {options.map((option) => (
          <label key={option.title} class="option">
            <input
              type="radio"
              name={name}
              aria-invalid={invalid}
              checked={same(value, option.value)}
              onChange={() => onChange(option.value)}
            />
            {option.title}
          </label>
        ))}
      </div>
      {notes}
    </fieldset>
  );
}

export function Several(props: InputProps & Named & { options: readonly Option[] }) {
  const { value, onChange, invalid, describedBy, name, options, label, notes } = props;
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset class="field" data-path={name} aria-describedby={describedBy}>
      <legend class="label">{label}</legend>
      <div class="options">
        {options.map((option) => {
          const others = chosen.filter((each) => !same(each, option.value));
          return (
            <label key={option.title} class="option">
              <input
                type="checkbox"
                name={name}
                aria-invalid={invalid}
                checked={others.length < chosen.length}
                onChange={(event) =>
                  onChange(event.currentTarget.checked ? [...others, option.value] : others)
                }
              />
              {option.title}
            </label>
          );
        })}
      </div>
      {notes}
    </fieldset>
  );
}
